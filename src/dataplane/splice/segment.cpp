// TCP (RFC 9293 section 3.1): ports 2 × 2 | sequence 4 | acknowledged 4 | words, flags 2 | window 2 |
// checksum 2 | urgent 2 | options; the option MSS: | 2 | 4 | size 2 |. IP headers are drawn in
// packet/parser.cpp.
#include "dataplane/splice/segment.hpp"

#include <algorithm>
#include <cstring>

#include "net/big_endian.hpp"
#include "net/checksum.hpp"
#include "net/protocol.hpp"

namespace sluice::dataplane::splice {
namespace {

namespace flag = net::tcp_flag;
constexpr auto tcp = static_cast<std::uint8_t>(net::IpProtocol::tcp);
constexpr std::uint8_t hop_limit = 64;
constexpr std::uint32_t plain_header = 20;
constexpr std::uint16_t default_size4 = 536;
constexpr std::uint16_t default_size6 = 1220;

std::uint32_t header_bytes(const Numbers& numbers) {
    return numbers.size == 0 ? plain_header : longest_header;
}

// Gives its length.
std::uint32_t write_ip(bool ipv6, const net::Address& from, const net::Address& to, std::uint32_t payload,
                       std::uint8_t* ip) {
    if (ipv6) {
        net::put32(ip, 0x6000'0000);
        net::put16(ip + 4, payload);
        ip[6] = tcp;
        ip[7] = hop_limit;
        std::memcpy(ip + 8, from.bytes().data(), 16);
        std::memcpy(ip + 24, to.bytes().data(), 16);
        return 40;
    }
    net::put32(ip, 0x4500'0000U + 20 + payload);
    net::put32(ip + 4, 0x0000'4000);  // no identification, don't fragment
    ip[8] = hop_limit;
    ip[9] = tcp;
    net::put16(ip + 10, 0);
    std::memcpy(ip + 12, from.bytes().data() + 12, 4);
    std::memcpy(ip + 16, to.bytes().data() + 12, 4);
    net::put16(ip + 10, net::checksum({ip, 20}));
    return 20;
}

void write_tcp(const net::Address& from, std::uint16_t from_port, const net::Address& to,
               std::uint16_t to_port, const Numbers& numbers, std::uint8_t* at) {
    const std::uint32_t bytes = header_bytes(numbers);
    net::put16(at, from_port);
    net::put16(at + 2, to_port);
    net::put32(at + 4, numbers.sequence);
    net::put32(at + 8, numbers.acknowledged);
    net::put16(at + 12, (bytes / 4) << 12U | numbers.flags);
    net::put16(at + 14, numbers.window);
    net::put32(at + 16, 0);
    if (numbers.size != 0) net::put32(at + 20, 0x0204'0000U | numbers.size);
    const std::uint64_t sum = net::pseudo_header_sum(from, to, tcp, bytes);
    net::put16(at + 16, net::checksum_finish(net::checksum_add(sum, {at, bytes})));
}

// The key's addresses are its own: the frame may be the packet's.
void write_segment(const packet::Key& key, bool back, const Numbers& numbers, packet::Frame& frame) {
    const net::Address& from = back ? key.destination : key.source;
    const net::Address& to = back ? key.source : key.destination;
    const std::uint16_t from_port = back ? key.destination_port : key.source_port;
    const std::uint16_t to_port = back ? key.source_port : key.destination_port;
    const std::uint32_t bytes = header_bytes(numbers);
    std::uint8_t* ip = frame.data + key.l3_offset;
    const std::uint32_t header = write_ip(key.has(packet::key_ipv6), from, to, bytes, ip);
    write_tcp(from, from_port, to, to_port, numbers, ip + header);
    frame.length = key.l3_offset + header + bytes;
}

void update(std::uint8_t* checksum, std::uint32_t from, std::uint32_t to) {
    std::uint16_t field = net::get16(checksum);
    field = net::checksum_update(field, static_cast<std::uint16_t>(from >> 16U),
                                 static_cast<std::uint16_t>(to >> 16U));
    field = net::checksum_update(field, static_cast<std::uint16_t>(from), static_cast<std::uint16_t>(to));
    net::put16(checksum, field);
}

void shift(const packet::Key& key, packet::Frame& frame, std::uint32_t place, std::uint32_t by) {
    std::uint8_t* header = frame.data + key.l4_offset;
    const std::uint32_t before = net::get32(header + place);
    net::put32(header + place, before + by);
    update(header + 16, before, before + by);
}

}  // namespace

Numbers read_numbers(const packet::Key& key, const packet::Frame& frame) {
    const std::uint8_t* header = frame.data + key.l4_offset;
    return {.sequence = net::get32(header + 4),
            .acknowledged = net::get32(header + 8),
            .window = net::get16(header + 14),
            .flags = key.tcp_flags};
}

std::uint16_t read_size(const packet::Key& key, const packet::Frame& frame) {
    const std::uint8_t* header = frame.data + key.l4_offset;
    const std::uint32_t end = std::min<std::uint32_t>((header[12] >> 4U) * 4U, key.l4_length());
    for (std::uint32_t at = plain_header; at + 1 < end && header[at] != 0;) {
        if (header[at] == 1) {
            ++at;
            continue;
        }
        const std::uint32_t length = header[at + 1];
        if (length < 2 || at + length > end) break;
        if (header[at] == 2 && length == 4) return net::get16(header + at + 2);
        at += length;
    }
    return key.has(packet::key_ipv6) ? default_size6 : default_size4;
}

void turn_back(const packet::Key& key, const Numbers& numbers, packet::Frame& frame) {
    std::swap_ranges(frame.data, frame.data + 6, frame.data + 6);
    write_segment(key, true, numbers, frame);
}

void write_fresh(const packet::Key& key, const Numbers& numbers, packet::Frame& frame) {
    write_segment(key, false, numbers, frame);
}

void write_back(const packet::Key& key, const packet::Frame& from, const Numbers& numbers,
                packet::Frame& into) {
    std::memcpy(into.data, from.data, key.l3_offset);
    std::swap_ranges(into.data, into.data + 6, into.data + 6);
    write_segment(key, true, numbers, into);
}

void become(packet::Key& key, const Numbers& numbers, packet::Frame& frame) {
    const std::uint32_t header = key.l4_offset - key.l3_offset;
    const std::uint32_t bytes = header_bytes(numbers);
    std::uint8_t* ip = frame.data + key.l3_offset;
    if (key.has(packet::key_ipv6)) {
        net::put16(ip + 4, header - 40 + bytes);
    } else {
        net::put16(ip + 2, header + bytes);
        net::put16(ip + 10, 0);
        net::put16(ip + 10, net::checksum({ip, header}));
    }
    write_tcp(key.source, key.source_port, key.destination, key.destination_port, numbers, ip + header);
    key.tcp_flags = numbers.flags;
    key.l3_length = static_cast<std::uint16_t>(header + bytes);
    frame.length = key.l4_offset + bytes;
}

void shift_sequence(const packet::Key& key, packet::Frame& frame, std::uint32_t by) {
    shift(key, frame, 4, by);
}
void shift_acknowledged(const packet::Key& key, packet::Frame& frame, std::uint32_t by) {
    shift(key, frame, 8, by);
}

void shift_quoted(const packet::Key& key, packet::Frame& frame, std::uint32_t quoted, std::uint32_t by) {
    std::uint8_t* number = frame.data + quoted + 4;
    const std::uint32_t before = net::get32(number);
    net::put32(number, before + by);
    // The message begins at an even distance from what it quotes: words stay words.
    update(frame.data + key.l4_offset + 2, before, before + by);
}

}  // namespace sluice::dataplane::splice
