// Answers (headers are drawn in packet/parser.cpp):
//   TCP reset: ports exchanged | seq 4 | ack 4 | 5 words, RST [ACK] | window 0 | checksum | 0
//   ICMP (RFC 792):    type 3, code 13 | checksum | 0 4 | the packet from its IP header on, up to 576 bytes
//   in all ICMPv6 (RFC 4443): type 1, code 1  | checksum | 0 4 | the packet, up to 1,280 bytes in all
#include "dataplane/firewall/reject.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "net/big_endian.hpp"
#include "net/checksum.hpp"
#include "net/protocol.hpp"

namespace sluice::dataplane::firewall {
namespace {

namespace flag = net::tcp_flag;
constexpr auto tcp = static_cast<std::uint8_t>(net::IpProtocol::tcp);
constexpr auto icmp = static_cast<std::uint8_t>(net::IpProtocol::icmp);
constexpr auto icmpv6 = static_cast<std::uint8_t>(net::IpProtocol::icmpv6);

constexpr std::uint8_t hop_limit = 64;
constexpr std::uint32_t tcp_bytes = 20;
constexpr std::uint32_t icmp_bytes = 8;
constexpr std::uint32_t longest4 = 576;   // RFC 1812 section 4.3.2.3
constexpr std::uint32_t longest6 = 1280;  // RFC 4443 section 2.4 (c)

// An address that one host has, and that an answer can be sent to and come from.
bool is_one_host(const net::Address& address) {
    const auto& bytes = address.bytes();
    if (!address.is_v4()) {
        const bool first_two =
            std::all_of(bytes.begin(), bytes.end() - 1, [](auto byte) { return byte == 0; });
        return bytes[0] != 0xff && (!first_two || bytes[15] > 1);
    }
    return bytes[12] != 0 && bytes[12] != 127 && bytes[12] < 224;
}

bool is_query(const packet::Key& key) {
    return key.protocol == icmpv6 ? key.source_port == 128
                                  : key.source_port == 8 || key.source_port == 13 || key.source_port == 17;
}

bool may_answer(const packet::Key& key, const packet::Frame& frame) {
    if (key.error != packet::ParseError::none || key.has(packet::key_later_fragment)) return false;
    if (key.has(packet::key_bad_transport) || key.has(packet::key_tiny_fragment)) return false;
    if (key.l3_offset < 14 || (frame.data[0] & 1U) != 0) return false;  // to all of a link
    if (!is_one_host(key.source) || !is_one_host(key.destination)) return false;
    if ((key.protocol == icmp || key.protocol == icmpv6) &&
        (!key.has(packet::key_transport) || !is_query(key))) {
        return false;
    }
    return key.protocol != tcp || (key.tcp_flags & flag::rst) == 0;
}

// The IP header of an answer of `payload` bytes; gives the header's length.
std::uint32_t write_ip(std::uint8_t* ip, const net::Address& from, const net::Address& to,
                       std::uint8_t protocol, std::uint32_t payload) {
    if (!from.is_v4()) {
        net::put32(ip, 0x60000000);
        net::put16(ip + 4, payload);
        ip[6] = protocol;
        ip[7] = hop_limit;
        std::memcpy(ip + 8, from.bytes().data(), 16);
        std::memcpy(ip + 24, to.bytes().data(), 16);
        return 40;
    }
    net::put16(ip, 0x4500);
    net::put16(ip + 2, 20 + payload);
    net::put32(ip + 4, 0x00004000);  // no identification, don't fragment
    ip[8] = hop_limit;
    ip[9] = protocol;
    net::put16(ip + 10, 0);
    std::memcpy(ip + 12, from.bytes().data() + 12, 4);
    std::memcpy(ip + 16, to.bytes().data() + 12, 4);
    net::put16(ip + 10, net::checksum({ip, 20}));
    return 20;
}

void return_to_sender(packet::Frame& frame) {
    std::swap_ranges(frame.data, frame.data + 6, frame.data + 6);
}

void write_checksum(std::uint8_t* message, std::uint32_t bytes, std::uint32_t field, std::uint64_t sum) {
    net::put16(message + field, 0);
    net::put16(message + field, net::checksum_finish(net::checksum_add(sum, {message, bytes})));
}

bool write_reset(const packet::Key& key, packet::Frame& frame) {
    const std::uint32_t ip_bytes = key.has(packet::key_ipv6) ? 40 : 20;
    if (frame.room < key.l3_offset + ip_bytes + tcp_bytes) return false;
    const std::uint8_t* question = frame.data + key.l4_offset;
    const std::uint32_t sequence = net::get32(question + 4);
    const std::uint32_t acknowledged = net::get32(question + 8);
    const std::uint32_t header = (question[12] >> 4U) * 4U;
    const std::uint32_t length = key.l4_length() - header + ((key.tcp_flags & flag::syn) != 0 ? 1U : 0U) +
                                 ((key.tcp_flags & flag::fin) != 0 ? 1U : 0U);
    const bool acknowledges = (key.tcp_flags & flag::ack) != 0;

    std::uint8_t* ip = frame.data + key.l3_offset;
    std::uint8_t* answer = ip + write_ip(ip, key.destination, key.source, tcp, tcp_bytes);
    net::put16(answer, key.destination_port);
    net::put16(answer + 2, key.source_port);
    net::put32(answer + 4, acknowledges ? acknowledged : 0);
    net::put32(answer + 8, acknowledges ? 0 : sequence + length);
    net::put16(answer + 12, 5U << 12U | (acknowledges ? flag::rst : flag::rst | flag::ack));
    net::put16(answer + 14, 0);
    net::put32(answer + 16, 0);
    write_checksum(answer, tcp_bytes, 16,
                   net::pseudo_header_sum(key.destination, key.source, tcp, tcp_bytes));
    frame.length = key.l3_offset + ip_bytes + tcp_bytes;
    return true;
}

bool write_prohibited(const packet::Key& key, packet::Frame& frame, const net::Address& from) {
    const bool ipv6 = key.has(packet::key_ipv6);
    const std::uint32_t headers = (ipv6 ? 40U : 20U) + icmp_bytes;
    const std::uint32_t longest = ipv6 ? longest6 : longest4;
    if (frame.room < key.l3_offset + headers + (key.l4_offset - key.l3_offset) + icmp_bytes) return false;
    const std::uint32_t quoted =
        std::min<std::uint32_t>({key.l3_length, longest - headers, frame.room - key.l3_offset - headers});
    std::uint8_t* ip = frame.data + key.l3_offset;
    std::memmove(ip + headers, ip, quoted);
    const std::uint8_t protocol = ipv6 ? icmpv6 : icmp;
    const std::uint32_t bytes = icmp_bytes + quoted;
    std::uint8_t* message = ip + write_ip(ip, from, key.source, protocol, bytes);
    net::put16(message, ipv6 ? 0x0101 : 0x030d);
    net::put32(message + 4, 0);
    write_checksum(message, bytes, 2, ipv6 ? net::pseudo_header_sum(from, key.source, protocol, bytes) : 0);
    frame.length = key.l3_offset + headers + quoted;
    return true;
}

}  // namespace

bool reject(const packet::Key& key, packet::Frame& frame, const net::Address& own) {
    if (!may_answer(key, frame)) return false;
    // A first fragment's length is not known, which a reset has to acknowledge.
    const bool reset =
        key.protocol == tcp && key.has(packet::key_transport) && !key.has(packet::key_fragment);
    const bool made =
        reset ? write_reset(key, frame) : write_prohibited(key, frame, own.is_none() ? key.destination : own);
    if (made) return_to_sender(frame);
    return made;
}

}  // namespace sluice::dataplane::firewall
