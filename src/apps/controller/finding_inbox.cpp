#include "apps/controller/finding_inbox.hpp"

#include <utility>

namespace sluice::apps::controller {

void FindingInbox::start() {
    thread_ = std::thread([this] { run(); });
}

void FindingInbox::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
}

void FindingInbox::add(const model::Finding& finding) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return stopping_ || waiting_.size() < limit_; });
    if (stopping_) return;
    waiting_.push_back(finding);
    lock.unlock();
    changed_.notify_all();
}

void FindingInbox::run() {
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
        if (waiting_.empty()) return;
        const auto together = std::exchange(waiting_, {});
        lock.unlock();
        changed_.notify_all();
        take_(together);
        lock.lock();
    }
}

}  // namespace sluice::apps::controller
