// ARP over Ethernet (RFC 826), from the EtherType on:
//   hardware 2 = 1 | protocol 2 = 0800 | 6 | 4 | operation 2 | sender MAC 6 | sender IP 4 | target MAC 6 |
//   target IP 4
//
// Neighbour solicitation and advertisement (RFC 4861 sections 4.3 and 4.4):
//   type 1 = 135 or 136 | code 1 | checksum 2 | R S O 0 … 4 | target 16 | options: type 1, length 1 (in 8
//   bytes), …
// Their hop limit is 255 (section 7.1.1): nobody beyond the link can have sent one.
//
// Echo (RFC 792, RFC 4443 section 4.1): type 8 → 0, or 128 → 129 | code 1 = 0 | checksum 2 | …
#include "dataplane/local_responder.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "net/big_endian.hpp"
#include "net/checksum.hpp"
#include "net/protocol.hpp"

namespace sluice::dataplane {
namespace {

constexpr std::uint32_t arp_bytes = 28;
constexpr std::uint32_t ipv6_bytes = 40;
constexpr std::uint32_t neighbour_bytes = 24;
constexpr std::uint32_t advertisement_bytes = neighbour_bytes + 8;
constexpr std::uint8_t neighbour_solicitation = 135;
constexpr std::uint8_t neighbour_advertisement = 136;
constexpr std::uint8_t echo_request6 = 128;
constexpr std::uint8_t echo_reply6 = 129;
constexpr std::uint8_t echo_request4 = 8;
constexpr std::uint8_t solicited_and_override = 0x60;

void swap_bytes(std::uint8_t* a, std::uint8_t* b, std::size_t n) {
    std::swap_ranges(a, a + n, b);
}

}  // namespace

LocalResponder::LocalResponder(Mac mac, std::vector<net::Address> addresses)
    : mac_(mac), addresses_(std::move(addresses)) {}

bool LocalResponder::is_own(const net::Address& address) const {
    return std::find(addresses_.begin(), addresses_.end(), address) != addresses_.end();
}

void LocalResponder::return_to_sender(packet::Frame& frame) const {
    std::memcpy(frame.data, frame.data + 6, 6);
    std::memcpy(frame.data + 6, mac_.data(), 6);
}

bool LocalResponder::answer(const packet::Key& key, packet::Frame& frame) const {
    if (key.error == packet::ParseError::not_ip) return answer_arp(key, frame);
    if (key.error != packet::ParseError::none || !key.has(packet::key_transport) ||
        key.has(packet::key_fragment) || key.has(packet::key_options)) {
        return false;
    }
    if (key.protocol == static_cast<std::uint8_t>(net::IpProtocol::icmpv6)) return answer_icmpv6(key, frame);
    if (key.protocol == static_cast<std::uint8_t>(net::IpProtocol::icmp)) return answer_echo4(key, frame);
    return false;
}

bool LocalResponder::answer_arp(const packet::Key& key, packet::Frame& frame) const {
    constexpr std::array<std::uint8_t, 8> request{0, 1, 0x08, 0x00, 6, 4, 0, 1};
    if (key.l3_offset < 14 || frame.length < key.l3_offset + arp_bytes) return false;
    std::uint8_t* arp = frame.data + key.l3_offset;
    if (net::get16(arp - 2) != net::ether_type::arp || std::memcmp(arp, request.data(), request.size()) != 0)
        return false;
    if (!is_own(net::Address::v4_from(arp + 24))) return false;
    arp[7] = 2;                         // reply
    swap_bytes(arp + 8, arp + 18, 10);  // sender and target, MAC and IP
    std::memcpy(arp + 8, mac_.data(), 6);
    std::memcpy(frame.data, arp + 18, 6);
    std::memcpy(frame.data + 6, mac_.data(), 6);
    return true;
}

bool LocalResponder::answer_echo4(const packet::Key& key, packet::Frame& frame) const {
    std::uint8_t* icmp = frame.data + key.l4_offset;
    if (icmp[0] != echo_request4 || icmp[1] != 0 || !is_own(key.destination)) return false;
    icmp[0] = 0;
    net::put16(icmp + 2, net::checksum_update(net::get16(icmp + 2), echo_request4 << 8U, 0));
    std::uint8_t* ip = frame.data + key.l3_offset;
    swap_bytes(ip + 12, ip + 16, 4);
    return_to_sender(frame);
    return true;
}

bool LocalResponder::answer_icmpv6(const packet::Key& key, packet::Frame& frame) const {
    std::uint8_t* ip = frame.data + key.l3_offset;
    std::uint8_t* icmp = ip + ipv6_bytes;
    if (icmp[0] == echo_request6 && icmp[1] == 0 && is_own(key.destination)) {
        icmp[0] = echo_reply6;
        net::put16(icmp + 2,
                   net::checksum_update(net::get16(icmp + 2), echo_request6 << 8U, echo_reply6 << 8U));
        swap_bytes(ip + 8, ip + 24, 16);
        return_to_sender(frame);
        return true;
    }
    if (icmp[0] != neighbour_solicitation || icmp[1] != 0 || key.hop_limit != 255) return false;
    if (key.l4_length() < neighbour_bytes || frame.room < key.l3_offset + ipv6_bytes + advertisement_bytes)
        return false;
    const net::Address wanted = net::Address::v6_from(icmp + 8);
    // Duplicate address detection (from ::) is not ours to answer: the gateway's addresses are configured.
    if (!is_own(wanted) || key.source.is_none()) return false;
    icmp[0] = neighbour_advertisement;
    icmp[2] = icmp[3] = 0;
    icmp[4] = solicited_and_override;
    icmp[5] = icmp[6] = icmp[7] = 0;
    icmp[24] = 2;  // target link-layer address
    icmp[25] = 1;
    std::memcpy(icmp + 26, mac_.data(), 6);
    net::put16(ip + 4, advertisement_bytes);
    ip[7] = 255;
    std::memcpy(ip + 24, key.source.bytes().data(), 16);
    std::memcpy(ip + 8, wanted.bytes().data(), 16);
    const std::uint64_t sum = net::pseudo_header_sum(wanted, key.source, key.protocol, advertisement_bytes);
    net::put16(icmp + 2, net::checksum_finish(net::checksum_add(sum, {icmp, advertisement_bytes})));
    frame.length = key.l3_offset + ipv6_bytes + advertisement_bytes;
    return_to_sender(frame);
    return true;
}

}  // namespace sluice::dataplane
