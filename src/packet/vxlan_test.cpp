#include "packet/vxlan.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "net/checksum.hpp"
#include "packet/packet_text.hpp"
#include "packet/parser.hpp"

namespace sluice::packet {
namespace {

constexpr const char* inner_text = "tcp 10.0.0.5:4242 > 10.0.0.9:443 syn seq 7";

// A frame with the headroom that every port leaves.
struct Buffer {
    explicit Buffer(const std::vector<std::uint8_t>& bytes) : memory(min_headroom + 2048) {
        std::memcpy(memory.data() + min_headroom, bytes.data(), bytes.size());
        frame.data = memory.data() + min_headroom;
        frame.length = static_cast<std::uint32_t>(bytes.size());
        frame.room = 2048;
    }
    std::vector<std::uint8_t> memory;
    Frame frame;
};

VxlanWay way(bool ipv6) {
    VxlanWay out;
    out.local = net::Address::parse(ipv6 ? "2001:db8::1" : "192.0.2.1").value();
    out.remote = net::Address::parse(ipv6 ? "2001:db8::2" : "192.0.2.2").value();
    out.source_mac[5] = 1;
    out.next_hop_mac[5] = 2;
    out.vni = 0xabcdef;
    return out;
}

class Vxlan : public ::testing::TestWithParam<bool> {};

TEST_P(Vxlan, WhatIsWrappedIsOpenedAgain) {
    const auto inner = parse_packet_text(inner_text).value();
    Buffer buffer(inner);
    wrap_vxlan(way(GetParam()), 0x12345, buffer.frame);
    Key key = parse(buffer.frame.bytes());
    ASSERT_EQ(key.error, ParseError::none);
    EXPECT_EQ(key.destination, way(GetParam()).remote);
    EXPECT_EQ(key.source_port, 0xc000 | 0x2345);
    if (GetParam()) {
        const auto udp = buffer.frame.bytes().subspan(key.l4_offset, key.l4_length());
        EXPECT_EQ(net::checksum_finish(net::checksum_add(
                      net::pseudo_header_sum(key.source, key.destination, 17, key.l4_length()), udp)),
                  0);
    }
    ASSERT_TRUE(open_vxlan(key, buffer.frame));
    EXPECT_EQ(key.tunnel, Key::vxlan | 0xabcdefU);
    EXPECT_EQ(key.destination_port, 443);
    EXPECT_EQ(std::vector<std::uint8_t>(buffer.frame.bytes().begin(), buffer.frame.bytes().end()), inner);
    EXPECT_EQ(buffer.frame.data, buffer.memory.data() + min_headroom);
    EXPECT_EQ(buffer.frame.room, 2048U);
}

TEST_P(Vxlan, WhatIsNoneStaysAsItIs) {
    Buffer buffer(parse_packet_text(inner_text).value());
    wrap_vxlan(way(GetParam()), 1, buffer.frame);
    const std::uint32_t header = GetParam() ? 62 : 42;
    const auto opens = [](Frame frame) {
        Key key = parse(frame.bytes());
        const Key before = key;
        const bool opened = open_vxlan(key, frame);
        if (!opened) {
            EXPECT_EQ(std::memcmp(&before, &key, sizeof key), 0);
        }
        return opened;
    };
    EXPECT_TRUE(opens(buffer.frame));
    buffer.frame.data[header] = 0;  // the identifier is not valid
    EXPECT_FALSE(opens(buffer.frame));
    Buffer other(parse_packet_text("udp 192.0.2.1:9 > 192.0.2.2:4789 payload 21").value());
    other.frame.data[42] = 8;  // one byte too short for an Ethernet header within
    EXPECT_FALSE(opens(other.frame));
    Buffer enough(parse_packet_text("udp 192.0.2.1:9 > 192.0.2.2:4789 payload 22").value());
    enough.frame.data[42] = 8;
    EXPECT_TRUE(opens(enough.frame));
}

INSTANTIATE_TEST_SUITE_P(Families, Vxlan, ::testing::Values(false, true),
                         [](const auto& family) { return family.param ? "IPv6" : "IPv4"; });

}  // namespace
}  // namespace sluice::packet
