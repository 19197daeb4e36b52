// Ethernet frame → Key. Reads each header once and nothing twice; never reads past the frame; keeps no state.
// Thread-safe. Trusts nothing of its input.
#pragma once

#include <span>

#include "packet/frame.hpp"
#include "packet/key.hpp"

namespace sluice::packet {

// At most this many VLAN tags and IPv6 extension headers are followed.
inline constexpr int max_vlan_tags = 2;
inline constexpr int max_extension_headers = 8;

[[nodiscard]] Key parse(std::span<const std::uint8_t> frame);

// The same without the short cut for plain packets: what parse() is compared with.
[[nodiscard]] Key parse_stepwise(std::span<const std::uint8_t> frame);

// keys[i] from frames[i]; as many keys as frames.
void parse_burst(std::span<const Frame> frames, Key* keys);

}  // namespace sluice::packet
