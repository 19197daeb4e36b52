// Frames on their way from one worker to another: one writer, one reader, bounded, no lock, no allocation.
//
// Not rte_ring: that one holds pointers, or elements behind barriers that the thread sanitizer does not see,
// and wants DPDK's memory; this is needed without a device, too (docs/decisions/worker-hand-off.md).
#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "packet/frame.hpp"

namespace sluice::dataplane::workers {

class FrameRing {
  public:
    explicit FrameRing(std::size_t frames) : frames_(std::bit_ceil(frames)) {}
    FrameRing(const FrameRing&) = delete;
    FrameRing& operator=(const FrameRing&) = delete;

    // The writer. False: it is full. The reader sees the frame after publish(), once a burst.
    [[nodiscard]] bool push(const packet::Frame& frame) {
        if (write_ - known_read_ == frames_.size()) {
            known_read_ = read_.load(std::memory_order_acquire);
            if (write_ - known_read_ == frames_.size()) return false;
        }
        frames_[write_++ & (frames_.size() - 1)] = frame;
        return true;
    }
    void publish() { written_.store(write_, std::memory_order_release); }

    // The reader: the next frames in their order, at most as many as `into` has.
    [[nodiscard]] std::size_t pop(std::span<packet::Frame> into) {
        const std::uint64_t read = read_.load(std::memory_order_relaxed);
        const std::uint64_t there = written_.load(std::memory_order_acquire) - read;
        const std::size_t count = std::min<std::uint64_t>(there, into.size());
        for (std::size_t n = 0; n < count; ++n) into[n] = frames_[(read + n) & (frames_.size() - 1)];
        if (count != 0) read_.store(read + count, std::memory_order_release);
        return count;
    }

  private:
    std::vector<packet::Frame> frames_;
    alignas(64) std::uint64_t write_ = 0;  // the writer's
    std::uint64_t known_read_ = 0;
    alignas(64) std::atomic<std::uint64_t> written_{0};
    alignas(64) std::atomic<std::uint64_t> read_{0};
};

}  // namespace sluice::dataplane::workers
