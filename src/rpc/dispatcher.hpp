// One thread that runs what is posted, in order: handlers may wait for a disk without holding up gRPC's
// threads. Its queue is bounded by its users: a peer is not read from before its last message has been
// handled.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace sluice::rpc {

class Dispatcher {
  public:
    Dispatcher() = default;
    ~Dispatcher() { stop(); }
    Dispatcher(const Dispatcher&) = delete;
    Dispatcher& operator=(const Dispatcher&) = delete;

    void start();
    // Runs what is queued, then ends.
    void stop();
    void post(std::function<void()> task);

  private:
    void run();

    std::mutex mutex_;
    std::condition_variable ready_;
    std::deque<std::function<void()>> tasks_;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace sluice::rpc
