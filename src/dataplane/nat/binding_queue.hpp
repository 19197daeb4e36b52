// From a worker to the log: what it bound and released. One writer, one reader, no lock, no allocation; an
// event that does not fit is counted, and the packet goes on.
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "model/ids.hpp"
#include "model/nat_binding.hpp"
#include "net/address.hpp"

namespace sluice::dataplane::nat {

// Of a block of ports. Time is the worker's own clock: it reads no other.
struct BlockEvent {
    std::uint64_t at_ns = 0;
    model::TenantId tenant;
    net::Address inside;
    net::Address outside;
    std::uint16_t first_port = 0;
    std::uint16_t last_port = 0;
    model::NatBindingKind kind = model::NatBindingKind::block_taken;
};

class BindingQueue {
  public:
    explicit BindingQueue(std::size_t capacity) : events_(std::bit_ceil(capacity)) {}

    // The worker.
    void push(const BlockEvent& event) {
        const std::uint64_t tail = tail_.load(std::memory_order_relaxed);
        if (tail - head_.load(std::memory_order_acquire) == events_.size()) {
            lost_.store(lost_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
            return;
        }
        events_[tail & (events_.size() - 1)] = event;
        tail_.store(tail + 1, std::memory_order_release);
    }
    // The reader.
    [[nodiscard]] std::optional<BlockEvent> pop() {
        const std::uint64_t head = head_.load(std::memory_order_relaxed);
        if (head == tail_.load(std::memory_order_acquire)) return std::nullopt;
        const BlockEvent event = events_[head & (events_.size() - 1)];
        head_.store(head + 1, std::memory_order_release);
        return event;
    }
    // Any thread: events that did not fit.
    [[nodiscard]] std::uint64_t lost() const { return lost_.load(std::memory_order_relaxed); }

  private:
    std::vector<BlockEvent> events_;
    alignas(64) std::atomic<std::uint64_t> tail_{0};
    std::atomic<std::uint64_t> lost_{0};
    alignas(64) std::atomic<std::uint64_t> head_{0};
};

}  // namespace sluice::dataplane::nat
