// Packets as people write them, to frames and back: for explaining, for tests, for a log.
//
//   tcp 198.51.100.7:4242 > 203.0.113.9:443 syn seq 7 ttl 63
//   udp [2001:db8::1]:53 > [2001:db8:1::10]:4000 payload 512 vlan 12
//   icmp 198.51.100.7 > 203.0.113.9 type 8          icmpv6 2001:db8::1 > 2001:db8:1::10 type 128
//   protocol 47 198.51.100.7 > 203.0.113.9          (no transport header: the payload is all there is)
//
// Words after the addresses, in any order:
//   tcp: syn ack fin rst psh urg ece cwr (or `none`), seq N, ack-number N, data-offset N (32-bit words)
//   icmp: type N, code N, identifier N (of an echo); an error's last words: about PACKET, as it quotes it
//   all: payload N (bytes), ttl N, vlan N (up to twice, outer first),
//     data HEX (the payload's first bytes, or all of it)
//   fragments: fragment OFFSET (bytes), more, id N
//   malformed on purpose: options N (32-bit words, IPv4) or extension KIND (hop-by-hop, routing, destination;
//   IPv6), bad-checksum (IPv4 header), claim N (the length that the IP or UDP header claims beyond the truth)
//
// Not for the packet path.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace sluice::packet {

// An Ethernet frame with right lengths and checksums, unless the text says otherwise.
[[nodiscard]] base::Result<std::vector<std::uint8_t>> parse_packet_text(std::string_view text);

// The same language; leaves out what has its usual value (ttl 64, numbers that are 0), and the payload's
// bytes. A frame that does not parse is described by the reason.
[[nodiscard]] std::string describe_packet(std::span<const std::uint8_t> frame);

}  // namespace sluice::packet
