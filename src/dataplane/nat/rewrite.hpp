// Changes addresses and ports of a packet in place, and keeps its checksums right without reading the payload
// (RFC 1624 equation 3). IPv4 and IPv6; TCP, UDP, UDP-Lite, DCCP, ICMP and ICMPv6; first and later fragments;
// and the packet that an ICMP error quotes (RFC 5508 section 4), whose own addresses must be changed too.
//
// A checksum that was wrong stays wrong: nothing is repaired on the way.
#pragma once

#include <cstdint>
#include <optional>

#include "net/address.hpp"
#include "net/protocol.hpp"
#include "packet/frame.hpp"
#include "packet/key.hpp"

namespace sluice::dataplane::nat {

// What a packet's fields become. Addresses are of the packet's own family.
struct Translation {
    enum Part : std::uint8_t {
        source_address = 1,
        destination_address = 2,
        source_port = 4,  // of an ICMP query or its answer: the identifier
        destination_port = 8,
    };
    std::uint8_t parts = 0;
    std::uint16_t new_source_port = 0;  // host order
    std::uint16_t new_destination_port = 0;
    net::Address new_source;
    net::Address new_destination;

    [[nodiscard]] bool has(Part part) const { return (parts & part) != 0; }
};

// False: nothing was changed, because the packet is a first fragment without a whole transport header, whose
// checksum would then be wrong. Ports and identifiers of packets that have none (later fragments, ICMP
// errors, other protocols) are left out. The key stays what it was on arrival.
[[nodiscard]] bool rewrite(const packet::Key& key, packet::Frame& frame, const Translation& translation);

// IPv4 with a whole TCP or UDP header.
[[nodiscard]] inline bool has_ends4(const packet::Key& key) {
    const bool ports = key.protocol == static_cast<std::uint8_t>(net::IpProtocol::tcp) ||
                       key.protocol == static_cast<std::uint8_t>(net::IpProtocol::udp);
    return ports && (key.flags & (packet::key_ipv6 | packet::key_transport)) == packet::key_transport;
}
// For such packets, which are nearly all: rewrite() of both addresses and both ports at once.
struct Ends4 {
    std::uint32_t source = 0;  // as on the wire
    std::uint32_t destination = 0;
    std::uint16_t source_port = 0;  // host order
    std::uint16_t destination_port = 0;
};
void rewrite_ends4(const packet::Key& key, packet::Frame& frame, const Ends4& ends);

// The packet within an ICMP error, as far as it is there.
struct QuotedPacket {
    net::Address source;
    net::Address destination;
    std::uint16_t source_port = 0;  // host order; of ICMP queries and answers: the identifier, in both
    std::uint16_t destination_port = 0;
    std::uint8_t protocol = 0;
    bool has_ports = false;  // or an identifier
    bool ipv6 = false;
    std::uint16_t l3_offset = 0;  // in the frame
    std::uint16_t l4_offset = 0;
    std::uint16_t end = 0;  // of the bytes that are quoted
};

// ICMP destination unreachable, source quench, redirect, time exceeded, parameter problem (RFC 792); ICMPv6
// types below 128 (RFC 4443 section 2.1).
[[nodiscard]] bool is_icmp_error(const packet::Key& key);
// Messages with an identifier: echo, timestamp, information, address mask.
[[nodiscard]] bool is_icmp_query(std::uint8_t protocol, std::uint8_t type);

// None: no ICMP error, or it quotes too little to know its flow, another family, or another ICMP error.
[[nodiscard]] std::optional<QuotedPacket> quoted_packet(const packet::Key& key, const packet::Frame& frame);

// Changes the quoted packet only, and the checksum of the ICMP message around it. A transport checksum is
// changed where the quote reaches it.
void rewrite_quoted(const packet::Key& key, packet::Frame& frame, const QuotedPacket& quoted,
                    const Translation& translation);

}  // namespace sluice::dataplane::nat
