#include "packet/buffer_pool.hpp"

#include <algorithm>
#include <cstring>

namespace sluice::packet {

BufferPool::BufferPool(std::size_t buffers, std::size_t frame_bytes)
    : stride_(min_headroom + std::max(frame_bytes, min_room)), memory_(buffers * stride_) {
    free_.reserve(buffers);
    for (std::size_t i = buffers; i-- > 0;) free_.push_back(&memory_[i * stride_]);
}

Frame BufferPool::take(std::span<const std::uint8_t> bytes) {
    const Frame frame = take_blank(bytes.size());
    if (frame.data != nullptr && !bytes.empty()) std::memcpy(frame.data, bytes.data(), bytes.size());
    return frame;
}

Frame BufferPool::take_blank(std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    if (free_.empty() || bytes > stride_ - min_headroom) return {};
    std::uint8_t* buffer = free_.back();
    free_.pop_back();
    Frame frame;
    frame.handle = buffer;
    frame.data = buffer + min_headroom;
    frame.length = static_cast<std::uint32_t>(bytes);
    frame.room = static_cast<std::uint32_t>(stride_ - min_headroom);
    return frame;
}

void BufferPool::give_back(const Frame& frame) {
    const std::lock_guard lock(mutex_);
    free_.push_back(static_cast<std::uint8_t*>(frame.handle));
}

}  // namespace sluice::packet
