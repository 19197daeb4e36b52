// Builds packet headers for tests, fuzz seeds and benchmarks. Not linked into any program.
#pragma once

#include <cstdint>
#include <string_view>

#include "telemetry/testing/export_builder.hpp"

namespace sluice::telemetry::testing {

inline Writer ethernet(std::uint16_t type) {
    Writer writer;
    writer.zeros(12).u16(type);
    return writer;
}

struct Ipv4Header {
    std::uint8_t protocol = 17;
    std::uint16_t total_length = 100;
    std::uint16_t fragment = 0;  // flags and offset
    std::uint8_t words = 5;
};

// 192.0.2.1 → 198.51.100.7, TOS 0x28, id 0x1234, TTL 61
inline Writer& add_ipv4(Writer& writer, const Ipv4Header& header) {
    writer.u8(0x40U | header.words).u8(0x28).u16(header.total_length).u16(0x1234).u16(header.fragment);
    writer.u8(61).u8(header.protocol).u16(0).address("192.0.2.1").address("198.51.100.7");
    return writer.zeros((header.words - 5U) * 4U);
}

// 2001:db8::1 → 2001:db8::2, traffic class 0x28, flow label 0xabcde, hop limit 61
inline Writer& add_ipv6(Writer& writer, std::uint8_t next_header, std::uint16_t payload_length = 60) {
    writer.u32(0x62800000U | 0xabcdeU).u16(payload_length).u8(next_header).u8(61);
    return writer.address("2001:db8::1").address("2001:db8::2");
}

inline Writer& add_tcp(Writer& writer, std::uint8_t flags) {
    return writer.u16(40000).u16(443).u32(1).u32(2).u8(0x50).u8(flags).u16(1000).u32(0);
}

inline Writer& add_udp(Writer& writer, std::uint16_t source, std::uint16_t destination) {
    return writer.u16(source).u16(destination).u16(8).u16(0);
}

}  // namespace sluice::telemetry::testing
