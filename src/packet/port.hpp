// Where a worker's frames come from and go to: one queue of a network device, a capture file, or memory.
// Bursts only; never blocks.
//
// One thread at a time. Ports of one kind share their buffers: a frame that one of them received may be
// transmitted by another. Kinds are not mixed in a worker.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "packet/frame.hpp"

namespace sluice::packet {

class Port {
  public:
    virtual ~Port() = default;

    // Up to into.size() frames, which are the caller's until transmitted or released.
    [[nodiscard]] virtual std::size_t receive(std::span<Frame> into) = 0;
    // Takes the first n frames, n being the result; the others stay the caller's (the queue is full).
    [[nodiscard]] virtual std::size_t transmit(std::span<const Frame> frames) = 0;
    // Gives frames back unsent.
    virtual void release(std::span<const Frame> frames) = 0;

    // A frame of this length, of no content, that is the caller's to fill, and then to transmit or release.
    // `data` is nullptr when there is none, or the port makes none.
    [[nodiscard]] virtual Frame make_frame(std::uint32_t) { return {}; }

    // Called by the thread that is going to use the port, and again when it is done.
    virtual void enter_thread() {}
    virtual void leave_thread() {}
};

}  // namespace sluice::packet
