#include "packet/memory_port.hpp"

namespace sluice::packet {

bool MemoryPort::put_in(std::span<const std::uint8_t> bytes) {
    const Frame frame = pool_.take(bytes);
    if (frame.data == nullptr) return false;
    in_.push_back(frame);
    return true;
}

std::vector<std::vector<std::uint8_t>> MemoryPort::take_out() {
    std::vector<std::vector<std::uint8_t>> all;
    for (const Frame& frame : out_) {
        all.emplace_back(frame.data, frame.data + frame.length);
        pool_.give_back(frame);
    }
    out_.clear();
    return all;
}

std::size_t MemoryPort::receive(std::span<Frame> into) {
    std::size_t count = 0;
    for (; count < into.size() && !in_.empty(); ++count) {
        into[count] = in_.front();
        in_.pop_front();
    }
    return count;
}

std::size_t MemoryPort::transmit(std::span<const Frame> frames) {
    std::size_t count = 0;
    for (; count < frames.size() && out_.size() < queue_limit_; ++count) out_.push_back(frames[count]);
    return count;
}

void MemoryPort::release(std::span<const Frame> frames) {
    for (const Frame& frame : frames) pool_.give_back(frame);
}

}  // namespace sluice::packet
