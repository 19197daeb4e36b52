// Numbers of the network and transport protocols, by their names in the IANA registries.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::net {

// https://www.iana.org/assignments/protocol-numbers
enum class IpProtocol : std::uint8_t {
    hop_by_hop = 0,
    icmp = 1,
    igmp = 2,
    ipv4 = 4,
    tcp = 6,
    udp = 17,
    ipv6 = 41,
    ipv6_routing = 43,
    ipv6_fragment = 44,
    gre = 47,
    esp = 50,
    ah = 51,
    icmpv6 = 58,
    ipv6_no_next = 59,
    ipv6_destination = 60,
    sctp = 132,
};

// "tcp", "udp", "icmp" …, or the number.
[[nodiscard]] std::string protocol_name(std::uint8_t protocol);

// RFC 9293 section 3.1
namespace tcp_flag {
inline constexpr std::uint8_t fin = 0x01;
inline constexpr std::uint8_t syn = 0x02;
inline constexpr std::uint8_t rst = 0x04;
inline constexpr std::uint8_t psh = 0x08;
inline constexpr std::uint8_t ack = 0x10;
inline constexpr std::uint8_t urg = 0x20;
inline constexpr std::uint8_t ece = 0x40;
inline constexpr std::uint8_t cwr = 0x80;
}  // namespace tcp_flag

// https://www.iana.org/assignments/ieee-802-numbers
namespace ether_type {
inline constexpr std::uint16_t ipv4 = 0x0800;
inline constexpr std::uint16_t arp = 0x0806;
inline constexpr std::uint16_t vlan = 0x8100;
inline constexpr std::uint16_t qinq = 0x88a8;
inline constexpr std::uint16_t ipv6 = 0x86dd;
inline constexpr std::uint16_t mpls = 0x8847;
inline constexpr std::uint16_t mpls_multicast = 0x8848;
}  // namespace ether_type

}  // namespace sluice::net
