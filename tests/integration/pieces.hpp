// Datagrams in pieces (RFC 791 section 3.2, RFC 8200 section 4.5), and whole again.
#pragma once

#include <cstdint>
#include <vector>

namespace sluice::integration {

using Bytes = std::vector<std::uint8_t>;

// An untagged frame without options or extension headers as fragments of `size` bytes (a multiple of 8) of
// what is behind the IP header; the last may be shorter.
[[nodiscard]] std::vector<Bytes> cut(const Bytes& frame, std::size_t size, std::uint16_t id);

// One frame of them; empty when something is missing. A single whole frame is given back as it is. VLAN tags
// are left out.
[[nodiscard]] Bytes join(const std::vector<Bytes>& frames);

// That its TCP, UDP or ICMP checksum is right.
[[nodiscard]] bool has_right_checksum(const Bytes& frame);

}  // namespace sluice::integration
