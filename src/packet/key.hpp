// What the data plane wants to know of a packet, read once from its headers. One cache line.
#pragma once

#include <cstdint>

#include "net/address.hpp"

namespace sluice::packet {

enum class ParseError : std::uint8_t {
    none,
    truncated,        // the frame ends before its headers do
    not_ip,           // neither IPv4 nor IPv6: ARP, MPLS, … ; `l3_offset` is valid
    bad_ip_version,   // the version field contradicts the EtherType
    bad_ip_header,    // header length below 20, or a chain of extension headers that does not end
    bad_ip_checksum,  // IPv4 only
    bad_length,       // the header's length is larger than the frame, or smaller than the header itself
    count_,
};

enum KeyFlag : std::uint8_t {
    key_ipv6 = 0x01,
    key_fragment = 0x02,        // one of several pieces, the first one too
    key_later_fragment = 0x04,  // not the first piece: it has no transport header
    key_more_fragments = 0x08,  // not the last piece
    key_transport = 0x10,       // TCP, UDP or ICMP(v6) whose fixed header is there: ports or type are valid
    key_bad_transport = 0x20,   // TCP, UDP or ICMP(v6) that contradicts the packet's length
    key_options = 0x40,         // IPv4 options or IPv6 extension headers
    key_tiny_fragment = 0x80,   // a first piece that cuts its own transport header
};

struct alignas(64) Key {
    net::Address source;
    net::Address destination;
    std::uint16_t source_port;       // host order; of ICMP: the type; 0 without `key_transport`
    std::uint16_t destination_port;  // host order; of ICMP: the code
    std::uint8_t protocol;           // of the transport, behind all extension headers
    std::uint8_t tcp_flags;
    std::uint8_t hop_limit;  // or TTL
    std::uint8_t flags;      // KeyFlag
    std::uint16_t l3_offset;
    std::uint16_t l4_offset;
    std::uint16_t l3_length;        // from the IP header on, without Ethernet padding
    std::uint16_t fragment_offset;  // in bytes
    std::uint32_t fragment_id;
    ParseError error;
    std::uint16_t vlan;  // the outer tag's number (IEEE 802.1Q VID); 0: untagged, or tagged for its priority
    std::uint16_t inner_vlan;  // of the second tag; 0: there is none
    std::uint32_t tunnel;      // what the frame came in: 0 for nothing, `vxlan` plus the identifier

    static constexpr std::uint32_t vxlan = 0x0100'0000;  // above the 24 bits of an identifier

    bool operator==(const Key&) const = default;
    [[nodiscard]] bool has(KeyFlag flag) const { return (flags & flag) != 0; }
    [[nodiscard]] std::uint32_t l4_length() const {
        return static_cast<std::uint32_t>(l3_offset + l3_length - l4_offset);
    }
};
static_assert(sizeof(Key) == 64);

}  // namespace sluice::packet
