// ARP over Ethernet (RFC 826), from the EtherType on:
//   hardware 2 = 1 | protocol 2 = 0800 | 6 | 4 | operation 2 | sender MAC 6 | sender IP 4 | target MAC 6 |
//   target IP 4
// A question that is put to one host only is RFC 1122 section 2.3.2.1's unicast poll.
//
// Neighbour solicitation and advertisement (RFC 4861 sections 4.3 and 4.4):
//   type 1 = 135 or 136 | code 1 = 0 | checksum 2 | R S O 0 … 4 | target 16 | options: type 1, length 1 (in 8
//   bytes), …
// Option 1 is the Ethernet address of a solicitation's sender, option 2 that of an advertisement's target.
// Their hop limit is 255 (section 7.1.1): nobody beyond the link can have sent one.
#include "dataplane/attach/neighbour_message.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "net/big_endian.hpp"
#include "net/checksum.hpp"
#include "net/protocol.hpp"

namespace sluice::dataplane::attach {
namespace {

using Hint = NeighbourTable::Hint;

constexpr std::uint32_t arp_bytes = 28;
constexpr std::uint32_t ipv6_bytes = 40;
constexpr std::uint32_t neighbour_bytes = 24;
constexpr std::uint32_t solicitation_bytes = neighbour_bytes + 8;
constexpr std::uint32_t shortest_frame = 60;  // of Ethernet, without its checksum
constexpr std::uint8_t neighbour_solicitation = 135;
constexpr std::uint8_t neighbour_advertisement = 136;
constexpr std::uint8_t solicited_flag = 0x40;

Mac mac_at(const std::uint8_t* at) {
    Mac mac;
    std::copy_n(at, mac.size(), mac.begin());
    return mac;
}
bool is_zero(const Mac& mac) {
    return mac == Mac{};
}

std::optional<NeighbourHint> hint_if_sound(const net::Address& address, const Mac& mac, Hint kind) {
    if ((mac[0] & 1U) != 0 || is_zero(mac)) return std::nullopt;
    return NeighbourHint{address, mac, kind};
}

std::optional<NeighbourHint> read_arp(const packet::Key& key, const packet::Frame& frame,
                                      const net::Address& own4) {
    constexpr std::array<std::uint8_t, 7> start{0, 1, 0x08, 0x00, 6, 4, 0};
    if (key.l3_offset < 14 || frame.length < key.l3_offset + arp_bytes) return std::nullopt;
    const std::uint8_t* arp = frame.data + key.l3_offset;
    if (net::get16(arp - 2) != net::ether_type::arp || std::memcmp(arp, start.data(), start.size()) != 0)
        return std::nullopt;
    const std::uint8_t operation = arp[7];
    if (operation != 1 && operation != 2) return std::nullopt;
    const bool to_us = net::Address::v4_from(arp + 24) == own4;
    const Hint kind = !to_us ? Hint::other : operation == 1 ? Hint::question : Hint::answer;
    return hint_if_sound(net::Address::v4_from(arp + 14), mac_at(arp + 8), kind);
}

// The Ethernet address in the first option of this type.
std::optional<Mac> link_option(const std::uint8_t* icmp, std::uint32_t length, std::uint8_t type) {
    for (std::uint32_t at = neighbour_bytes; at + 8 <= length;) {
        if (icmp[at + 1] == 0) return std::nullopt;
        if (icmp[at] == type) return mac_at(icmp + at + 2);
        at += icmp[at + 1] * 8U;
    }
    return std::nullopt;
}

std::optional<NeighbourHint> read_discovery(const packet::Key& key, const packet::Frame& frame,
                                            const net::Address& own6) {
    const std::uint32_t length = key.l4_length();
    const std::uint8_t* icmp = frame.data + key.l4_offset;
    if (length < neighbour_bytes || key.hop_limit != 255 || icmp[1] != 0) return std::nullopt;
    if (icmp[0] == neighbour_solicitation) {
        const auto mac = link_option(icmp, length, 1);
        const bool to_us = net::Address::v6_from(icmp + 8) == own6;
        if (!mac || key.source.is_none()) return std::nullopt;
        return hint_if_sound(key.source, *mac, to_us ? Hint::question : Hint::other);
    }
    if (icmp[0] != neighbour_advertisement) return std::nullopt;
    // An answer to a question for one host need not carry the address that the question knew (section 4.4).
    const auto option = link_option(icmp, length, 2);
    const bool solicited = (icmp[4] & solicited_flag) != 0 && key.destination == own6;
    if (!option && !solicited) return std::nullopt;
    return hint_if_sound(net::Address::v6_from(icmp + 8), option.value_or(mac_at(frame.data + 6)),
                         solicited ? Hint::answer : Hint::other);
}

void write_arp(const WayOut& way, const net::Address& own, const net::Address& wanted, const Mac& ask_at,
               std::uint8_t* arp) {
    constexpr std::array<std::uint8_t, 8> request{0, 1, 0x08, 0x00, 6, 4, 0, 1};
    std::copy(request.begin(), request.end(), arp);
    std::copy(way.source.begin(), way.source.end(), arp + 8);
    std::copy(own.wire().begin(), own.wire().end(), arp + 14);
    std::copy(ask_at.begin(), ask_at.end(), arp + 18);
    std::copy(wanted.wire().begin(), wanted.wire().end(), arp + 24);
}

// The group of all whose address ends like this one (RFC 4291 section 2.7.1).
net::Address group_of(const net::Address& wanted) {
    std::array<std::uint8_t, 16> bytes{0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff};
    std::copy_n(wanted.bytes().begin() + 13, 3, bytes.begin() + 13);
    return net::Address::v6_from(bytes.data());
}

void write_solicitation(const WayOut& way, const net::Address& own, const net::Address& wanted,
                        const net::Address& to, std::uint8_t* ip) {
    std::memset(ip, 0, ipv6_bytes + solicitation_bytes);
    ip[0] = 0x60;
    net::put16(ip + 4, solicitation_bytes);
    ip[6] = static_cast<std::uint8_t>(net::IpProtocol::icmpv6);
    ip[7] = 255;
    std::copy(own.bytes().begin(), own.bytes().end(), ip + 8);
    std::copy(to.bytes().begin(), to.bytes().end(), ip + 24);
    std::uint8_t* icmp = ip + ipv6_bytes;
    icmp[0] = neighbour_solicitation;
    std::copy(wanted.bytes().begin(), wanted.bytes().end(), icmp + 8);
    icmp[24] = 1;  // the sender's Ethernet address
    icmp[25] = 1;
    std::copy(way.source.begin(), way.source.end(), icmp + 26);
    const std::uint64_t sum = net::pseudo_header_sum(
        own, to, static_cast<std::uint8_t>(net::IpProtocol::icmpv6), solicitation_bytes);
    net::put16(icmp + 2, net::checksum_finish(net::checksum_add(sum, {icmp, solicitation_bytes})));
}

}  // namespace

std::optional<NeighbourHint> read_hint(const packet::Key& key, const packet::Frame& frame,
                                       const net::Address& own4, const net::Address& own6) {
    if (key.error == packet::ParseError::not_ip) return read_arp(key, frame, own4);
    if (key.error != packet::ParseError::none || !key.has(packet::key_transport) ||
        key.has(packet::key_fragment) || key.has(packet::key_options) || !key.has(packet::key_ipv6) ||
        key.protocol != static_cast<std::uint8_t>(net::IpProtocol::icmpv6))
        return std::nullopt;
    return read_discovery(key, frame, own6);
}

void write_question(const WayOut& way, const net::Address& own, const net::Address& wanted, const Mac& ask_at,
                    packet::Frame& frame) {
    const bool everybody = is_zero(ask_at);
    std::uint8_t* end = nullptr;
    if (wanted.is_v4()) {
        const Mac to = everybody ? Mac{0xff, 0xff, 0xff, 0xff, 0xff, 0xff} : ask_at;
        std::uint8_t* arp = write_link(way, to, net::ether_type::arp, frame.data);
        write_arp(way, own, wanted, ask_at, arp);
        end = arp + arp_bytes;
    } else {
        const net::Address group = group_of(wanted);
        Mac to{0x33, 0x33};  // RFC 2464 section 7
        std::copy_n(group.bytes().begin() + 12, 4, to.begin() + 2);
        std::uint8_t* ip = write_link(way, everybody ? to : ask_at, net::ether_type::ipv6, frame.data);
        write_solicitation(way, own, wanted, everybody ? group : wanted, ip);
        end = ip + ipv6_bytes + solicitation_bytes;
    }
    frame.length = static_cast<std::uint32_t>(end - frame.data);
    if (frame.length < shortest_frame) {
        std::memset(end, 0, shortest_frame - frame.length);
        frame.length = shortest_frame;
    }
    if (way.tunnel != nullptr) packet::wrap_vxlan(*way.tunnel, 0, frame);
}

}  // namespace sluice::dataplane::attach
