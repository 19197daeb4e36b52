// Threads for connections: as many as are busy at once, up to a limit, kept for the next ones. Internal to
// api/http.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace sluice::api::http {

class ThreadCrew {
  public:
    explicit ThreadCrew(std::size_t limit) : limit_(limit) {}
    ~ThreadCrew() { stop(); }

    // False when all threads are busy and their number is at its limit: the job was not taken.
    [[nodiscard]] bool run(std::function<void()> job);
    // Waits until every job has returned.
    void stop();
    [[nodiscard]] std::size_t busy() const;

  private:
    void work();

    const std::size_t limit_;
    mutable std::mutex mutex_;
    std::condition_variable ready_;
    std::vector<std::thread> threads_;
    std::deque<std::function<void()>> jobs_;
    std::size_t idle_ = 0;
    bool stopping_ = false;
};

}  // namespace sluice::api::http
