// One Ethernet frame in memory, as the ports hand it out and take it back. The bytes belong to the port that
// received it; nobody copies on the way.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace sluice::packet {

// Frames of one burst: what a worker takes from a port at once.
inline constexpr std::size_t max_burst = 32;
// Every port leaves at least this much room before the first byte: two pushed VLAN tags, or the outer headers
// of a VXLAN packet over IPv6 (8 tags + 14 Ethernet + 40 IPv6 + 8 UDP + 8 VXLAN bytes).
inline constexpr std::size_t min_headroom = 96;
// And a buffer of at least this size from the first byte on (an answer may be longer than its question).
inline constexpr std::size_t min_room = 128;

struct Frame {
    std::uint8_t* data = nullptr;
    std::uint32_t length = 0;
    std::uint32_t room = 0;  // bytes that may be written from `data` on
    void* handle = nullptr;  // the port's own buffer

    [[nodiscard]] std::span<const std::uint8_t> bytes() const { return {data, length}; }
};

}  // namespace sluice::packet
