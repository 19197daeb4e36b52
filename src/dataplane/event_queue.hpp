// From a worker to a log: what it did. One writer, one reader, no lock, no allocation; an event that does not
// fit is counted, and the packet goes on.
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace sluice::dataplane {

template <class Event>
class EventQueue {
  public:
    explicit EventQueue(std::size_t capacity) : events_(std::bit_ceil(capacity)) {}

    // The worker.
    void push(const Event& event) {
        const std::uint64_t tail = tail_.load(std::memory_order_relaxed);
        if (tail - head_.load(std::memory_order_acquire) == events_.size()) {
            lost_.store(lost_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
            return;
        }
        events_[tail & (events_.size() - 1)] = event;
        tail_.store(tail + 1, std::memory_order_release);
    }
    // The reader.
    [[nodiscard]] std::optional<Event> pop() {
        const std::uint64_t head = head_.load(std::memory_order_relaxed);
        if (head == tail_.load(std::memory_order_acquire)) return std::nullopt;
        const Event event = events_[head & (events_.size() - 1)];
        head_.store(head + 1, std::memory_order_release);
        return event;
    }
    // Any thread: events that did not fit.
    [[nodiscard]] std::uint64_t lost() const { return lost_.load(std::memory_order_relaxed); }

  private:
    std::vector<Event> events_;
    alignas(64) std::atomic<std::uint64_t> tail_{0};
    std::atomic<std::uint64_t> lost_{0};
    alignas(64) std::atomic<std::uint64_t> head_{0};
};

}  // namespace sluice::dataplane
