// VXLAN (RFC 7348): an Ethernet frame in a UDP datagram, with the number of the network that it belongs to.
//
//   | outer Ethernet 14 (tags) | outer IPv4 20 or IPv6 40 | UDP 8, to port 4789 | VXLAN 8 | inner frame …
//
//   VXLAN header (section 5):  0  flags 8: 0x08, "the identifier is valid"; the others are ignored
//                              1  reserved 3
//                              4  identifier (VNI) 3
//                              7  reserved 1
#pragma once

#include <cstdint>

#include "net/address.hpp"
#include "packet/frame.hpp"
#include "packet/key.hpp"

namespace sluice::packet {

inline constexpr std::uint16_t vxlan_port = 4789;
inline constexpr std::uint32_t vxlan_outer_ipv4 = 14 + 20 + 8 + 8;
inline constexpr std::uint32_t vxlan_outer_ipv6 = 14 + 40 + 8 + 8;

// True for a whole datagram to the VXLAN port.
[[nodiscard]] inline bool may_be_vxlan(const Key& key) {
    return key.protocol == 17 && key.destination_port == vxlan_port && key.has(key_transport) &&
           (key.flags & (key_fragment | key_bad_transport)) == 0;
}

// Takes the outer headers off: the frame begins with the inner Ethernet header, the key is the inner packet's
// and knows the network's identifier. False, and nothing is changed, when it is no VXLAN datagram or carries
// no whole Ethernet header.
[[nodiscard]] bool open_vxlan(Key& key, Frame& frame);

// Where a frame goes through: the two ends of the tunnel and the Ethernet addresses of the first hop.
struct VxlanWay {
    net::Address local;
    net::Address remote;
    std::uint8_t source_mac[6]{};
    std::uint8_t next_hop_mac[6]{};
    std::uint32_t vni = 0;
};

// Puts the outer headers before the frame, in the port's headroom (min_headroom). `entropy` chooses the
// source port, so that routers spread flows over their links (section 5). The UDP checksum is zero over IPv4
// and made over IPv6 (RFC 6935 would allow zero; not every router takes it).
void wrap_vxlan(const VxlanWay& way, std::uint32_t entropy, Frame& frame);

}  // namespace sluice::packet
