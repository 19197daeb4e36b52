// Buffers for the ports that are not devices. Fixed in number and size; allocates at construction only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>
#include <vector>

#include "packet/frame.hpp"

namespace sluice::packet {

// Any thread: frames may be given back by another worker than the one that received them.
class BufferPool {
  public:
    explicit BufferPool(std::size_t buffers, std::size_t frame_bytes = 2048);

    // A frame with these bytes; `data` is nullptr when the pool is empty or the bytes do not fit.
    [[nodiscard]] Frame take(std::span<const std::uint8_t> bytes);
    // The same, of no content.
    [[nodiscard]] Frame take_blank(std::size_t bytes);
    void give_back(const Frame& frame);
    [[nodiscard]] std::size_t free() const {
        const std::lock_guard lock(mutex_);
        return free_.size();
    }

  private:
    mutable std::mutex mutex_;
    std::size_t stride_;
    std::vector<std::uint8_t> memory_;
    std::vector<std::uint8_t*> free_;  // by their first byte
};

}  // namespace sluice::packet
