// A queue between threads with a limit. What the limit turns away is counted, never silently lost.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

#include "base/clock.hpp"

namespace sluice::base {

// Any number of producers and consumers. Not for the packet path: it takes a lock.
template <class T>
class BoundedQueue {
  public:
    explicit BoundedQueue(std::size_t limit) : limit_(limit) {}

    // False when full or closed; the item is then counted as rejected.
    [[nodiscard]] bool push(T item) {
        {
            const std::lock_guard lock(mutex_);
            if (closed_ || items_.size() >= limit_) {
                ++rejected_;
                return false;
            }
            items_.push_back(std::move(item));
        }
        ready_.notify_one();
        return true;
    }

    // Waits at most `patience` of real time; empty on time-out, or when closed and drained.
    [[nodiscard]] std::optional<T> pop(Duration patience) {
        std::unique_lock lock(mutex_);
        ready_.wait_for(lock, patience, [this] { return closed_ || !items_.empty(); });
        if (items_.empty()) return std::nullopt;
        std::optional<T> item(std::move(items_.front()));
        items_.pop_front();
        return item;
    }

    void close() {
        {
            const std::lock_guard lock(mutex_);
            closed_ = true;
        }
        ready_.notify_all();
    }

    [[nodiscard]] bool closed() const {
        const std::lock_guard lock(mutex_);
        return closed_;
    }
    [[nodiscard]] std::size_t size() const {
        const std::lock_guard lock(mutex_);
        return items_.size();
    }
    [[nodiscard]] std::uint64_t rejected() const {
        const std::lock_guard lock(mutex_);
        return rejected_;
    }

  private:
    const std::size_t limit_;
    mutable std::mutex mutex_;
    std::condition_variable ready_;
    std::deque<T> items_;
    std::uint64_t rejected_ = 0;
    bool closed_ = false;
};

}  // namespace sluice::base
