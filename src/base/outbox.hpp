// What is to be told to others once no lock is held, in order. A call that is being told may add more: it is
// told by whoever is delivering already, so nothing overtakes and nothing recurses.
#pragma once

#include <deque>
#include <functional>
#include <mutex>

namespace sluice::base {

// Thread-safe.
class Outbox {
  public:
    void add(std::function<void()> message) {
        const std::lock_guard lock(mutex_);
        messages_.push_back(std::move(message));
    }

    // Returns when nothing is left, or at once when another call delivers.
    void deliver() {
        std::unique_lock lock(mutex_);
        if (delivering_) return;
        delivering_ = true;
        while (!messages_.empty()) {
            const auto message = std::move(messages_.front());
            messages_.pop_front();
            lock.unlock();
            message();
            lock.lock();
        }
        delivering_ = false;
    }

  private:
    std::mutex mutex_;
    std::deque<std::function<void()>> messages_;
    bool delivering_ = false;
};

}  // namespace sluice::base
