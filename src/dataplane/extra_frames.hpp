// Frames that a burst leaves behind besides its own: the pipeline has no port, its worker sends them.
// Bounded; what does not fit is not sent, and whoever waits for it asks again.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "packet/frame.hpp"

namespace sluice::dataplane {

class ExtraFrames {
  public:
    // As large as every buffer's least (packet/frame.hpp), with room for a tunnel's headers.
    struct Extra {
        std::array<std::uint8_t, packet::min_headroom + packet::min_room> memory;
        packet::Frame frame;
        std::uint8_t leg = 0;
        std::uint8_t cause = 0;  // the packet of the burst that it belongs to
    };

    // The frame may be written from `data` on, min_room bytes; nullptr: there is no room.
    [[nodiscard]] Extra* add(std::size_t cause, std::uint8_t leg) {
        if (count_ == extras_.size()) return nullptr;
        Extra& extra = extras_[count_++];
        extra.frame = {extra.memory.data() + packet::min_headroom, 0, packet::min_room, nullptr};
        extra.leg = leg;
        extra.cause = static_cast<std::uint8_t>(cause);
        return &extra;
    }
    [[nodiscard]] std::span<const Extra> all() const { return {extras_.data(), count_}; }
    [[nodiscard]] bool empty() const { return count_ == 0; }
    void clear() { count_ = 0; }

  private:
    std::array<Extra, packet::max_burst> extras_;
    std::size_t count_ = 0;
};

}  // namespace sluice::dataplane
