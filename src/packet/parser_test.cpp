#include "packet/parser.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "packet/packet_text.hpp"

namespace sluice::packet {

TEST(Parser, SaysWhyAFrameIsNotAPacket) {
    EXPECT_EQ(parse({}).error, ParseError::truncated);
    std::vector<std::uint8_t> frame(60, 0);
    frame[12] = 0x08;
    frame[13] = 0x06;
    EXPECT_EQ(parse(frame).error, ParseError::not_ip);
    frame[13] = 0x00;
    EXPECT_EQ(parse(frame).error, ParseError::bad_ip_version);
}

TEST(Parser, ReadsTheNumbersOfTags) {
    const auto key_of = [](const char* text) { return parse(parse_packet_text(text).value()); };
    const Key untagged = key_of("udp 192.0.2.1:53 > 192.0.2.2:53 payload 4");
    EXPECT_EQ(untagged.vlan, 0);
    EXPECT_EQ(untagged.inner_vlan, 0);
    EXPECT_EQ(untagged.tunnel, 0U);
    const Key once = key_of("udp 192.0.2.1:53 > 192.0.2.2:53 payload 4 vlan 4094");
    EXPECT_EQ(once.vlan, 4094);
    EXPECT_EQ(once.inner_vlan, 0);
    const Key twice = key_of("udp [2001:db8::1]:53 > [2001:db8::2]:53 payload 4 vlan 100 vlan 7");
    EXPECT_EQ(twice.vlan, 100);
    EXPECT_EQ(twice.inner_vlan, 7);
    EXPECT_EQ(twice.source_port, 53);
}

}  // namespace sluice::packet
