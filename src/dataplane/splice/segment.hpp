// TCP segments of a spliced connection, written into frames, and the shift of its numbers. All checksums are
// made right; a segment whose numbers are shifted keeps a wrong one wrong (RFC 1624).
#pragma once

#include <cstdint>

#include "packet/frame.hpp"
#include "packet/key.hpp"

namespace sluice::dataplane::splice {

// Of a whole TCP header, in host order.
struct Numbers {
    std::uint32_t sequence = 0;
    std::uint32_t acknowledged = 0;
    std::uint16_t window = 0;
    std::uint8_t flags = 0;
    std::uint16_t size = 0;  // the MSS option of a SYN; 0: without
};
inline constexpr std::uint32_t longest_header = 24;

[[nodiscard]] Numbers read_numbers(const packet::Key& key, const packet::Frame& frame);
// What the sender of a SYN can take at once, or what it can when it does not say (RFC 9293 section 3.7.1).
[[nodiscard]] std::uint16_t read_size(const packet::Key& key, const packet::Frame& frame);

// The packet becomes an answer to its sender, without IP options. The frame has room for packet::min_room.
void turn_back(const packet::Key& key, const Numbers& numbers, packet::Frame& frame);
// The same beside it: `from` is the packet's frame, `into` has packet::min_room.
void write_back(const packet::Key& key, const packet::Frame& from, const Numbers& numbers,
                packet::Frame& into);
// A segment from the key's source to its destination, behind the Ethernet header; nothing else is kept.
void write_fresh(const packet::Key& key, const Numbers& numbers, packet::Frame& frame);
// The packet goes on as another segment without payload, between the same ends; the key follows.
void become(packet::Key& key, const Numbers& numbers, packet::Frame& frame);

// Of packets with a whole TCP header.
void shift_sequence(const packet::Key& key, packet::Frame& frame, std::uint32_t by);
void shift_acknowledged(const packet::Key& key, packet::Frame& frame, std::uint32_t by);
// Of the segment that an ICMP error quotes; `quoted` is where its TCP header begins, eight bytes are there.
void shift_quoted(const packet::Key& key, packet::Frame& frame, std::uint32_t quoted, std::uint32_t by);

}  // namespace sluice::dataplane::splice
