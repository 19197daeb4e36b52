// Findings between the collectors' links and the incidents: while some are being stored, the next gather, and
// go together. A hundred attacks that begin at once are so two or three writes and not a hundred.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "model/finding.hpp"

namespace sluice::apps::controller {

// Thread-safe; a thread of its own between start() and stop().
class FindingInbox {
  public:
    using Take = std::function<void(std::span<const model::Finding>)>;
    // `limit`: of findings that wait.
    FindingInbox(std::size_t limit, Take take) : limit_(limit), take_(std::move(take)) {}
    ~FindingInbox() { stop(); }

    void start();
    // What waits is taken before.
    void stop();

    // Waits while the inbox is full: the link's flow control then slows the collector down. After stop() the
    // finding is forgotten; the collector sends it again.
    void add(const model::Finding& finding);

  private:
    void run();

    const std::size_t limit_;
    const Take take_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<model::Finding> waiting_;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace sluice::apps::controller
