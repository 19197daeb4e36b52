#include "dataplane/firewall/reject.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "net/checksum.hpp"
#include "packet/packet_text.hpp"
#include "packet/parser.hpp"

namespace sluice::dataplane::firewall {
namespace {

using Bytes = std::vector<std::uint8_t>;

// The answer's frame; empty: none is made.
Bytes answer_to(Bytes frame, const net::Address& own = {}, std::uint32_t room = 128) {
    const packet::Key key = packet::parse(frame);
    const auto length = static_cast<std::uint32_t>(frame.size());
    const Bytes before = frame;
    frame.resize(std::max<std::size_t>(frame.size(), room));
    packet::Frame in_place{frame.data(), length, static_cast<std::uint32_t>(frame.size()), nullptr};
    if (!reject(key, in_place, own)) {
        frame.resize(length);
        EXPECT_EQ(frame, before);
        return {};
    }
    return {in_place.data, in_place.data + in_place.length};
}
std::string said(std::string_view question, std::string_view own = "::") {
    const Bytes answer =
        answer_to(packet::parse_packet_text(question).value(), net::Address::parse(own).value());
    return answer.empty() ? "nothing" : packet::describe_packet(answer);
}
// Over the whole message it is 0.
std::uint16_t transport_sum(const Bytes& frame) {
    const packet::Key key = packet::parse(frame);
    const std::uint64_t sum = key.protocol == 1 ? 0
                                                : net::pseudo_header_sum(key.source, key.destination,
                                                                         key.protocol, key.l4_length());
    return net::checksum_finish(net::checksum_add(sum, std::span(frame).subspan(key.l4_offset)));
}

TEST(Reject, ASynIsReset) {
    EXPECT_EQ(said("tcp 198.51.100.7:4242 > 203.0.113.9:443 syn seq 7"),
              "tcp 203.0.113.9:443 > 198.51.100.7:4242 ack rst ack-number 8");
    EXPECT_EQ(said("tcp [2001:db8::1]:4242 > [2001:db8:1::9]:443 syn seq 4294967295 vlan 12"),
              "tcp [2001:db8:1::9]:443 > [2001:db8::1]:4242 ack rst vlan 12");
}
TEST(Reject, ASegmentIsResetByItsOwnAcknowledgement) {
    EXPECT_EQ(said("tcp 198.51.100.7:4242 > 203.0.113.9:443 ack seq 7 ack-number 900 payload 30"),
              "tcp 203.0.113.9:443 > 198.51.100.7:4242 rst seq 900");
    // Without one: data and FIN count.
    EXPECT_EQ(said("tcp 198.51.100.7:4242 > 203.0.113.9:443 fin seq 7 payload 30 options 2"),
              "tcp 203.0.113.9:443 > 198.51.100.7:4242 ack rst ack-number 38");
}
TEST(Reject, OtherPacketsAreToldProhibited) {
    const Bytes four =
        answer_to(packet::parse_packet_text("udp 198.51.100.7:4242 > 203.0.113.9:53 payload 20").value());
    const packet::Key key = packet::parse(four);
    ASSERT_EQ(key.error, packet::ParseError::none);
    EXPECT_EQ(key.source_port, 3);
    EXPECT_EQ(key.destination_port, 13);
    EXPECT_EQ(key.source.to_string(), "203.0.113.9");
    EXPECT_EQ(key.destination.to_string(), "198.51.100.7");
    EXPECT_EQ(four.size(), 14U + 28 + 48);
    EXPECT_EQ(transport_sum(four), 0);

    const Bytes six =
        answer_to(packet::parse_packet_text("udp [2001:db8::7]:4242 > [2001:db8:1::9]:53 payload 20").value(),
                  net::Address::parse("2001:db8:2::1").value());
    const packet::Key key6 = packet::parse(six);
    ASSERT_EQ(key6.error, packet::ParseError::none);
    EXPECT_EQ(key6.source_port, 1);
    EXPECT_EQ(key6.destination_port, 1);
    EXPECT_EQ(key6.source.to_string(), "2001:db8:2::1");
    EXPECT_EQ(transport_sum(six), 0);
}
TEST(Reject, AnErrorIsNoLongerThanItMayBe) {
    const auto length_of = [](std::string_view text) {
        Bytes question = packet::parse_packet_text(text).value();
        const Bytes answer = answer_to(question, {}, 4000);
        EXPECT_EQ(transport_sum(answer), 0);
        return answer.size() - 14;
    };
    EXPECT_EQ(length_of("udp 198.51.100.7:4242 > 203.0.113.9:53 payload 1400"), 576U);
    EXPECT_EQ(length_of("udp [2001:db8::7]:4242 > [2001:db8:1::9]:53 payload 1400"), 1280U);
    // And never longer than its buffer.
    const Bytes tight =
        answer_to(packet::parse_packet_text("udp 198.51.100.7:4242 > 203.0.113.9:53 payload 86").value());
    EXPECT_EQ(tight.size(), 128U);
    EXPECT_EQ(transport_sum(tight), 0);
}
TEST(Reject, AQuestionInIcmpIsToldProhibited) {
    EXPECT_NE(said("icmp 198.51.100.7 > 203.0.113.9 type 8").find("type 3 code 13"), std::string::npos);
    EXPECT_NE(said("icmpv6 2001:db8::7 > 2001:db8:1::9 type 128").find("type 1 code 1"), std::string::npos);
}
TEST(Reject, NobodyIsAnsweredWhoMayNotBe) {
    for (const char* question : {
             "tcp 198.51.100.7:4242 > 203.0.113.9:443 rst seq 7",
             "icmp 198.51.100.7 > 203.0.113.9 type 3 payload 28",
             "icmp 198.51.100.7 > 203.0.113.9 type 0",
             "icmp 198.51.100.7 > 203.0.113.9 type 5",
             "icmpv6 2001:db8::7 > 2001:db8:1::9 type 1 payload 40",
             "icmpv6 2001:db8::7 > 2001:db8:1::9 type 135 payload 20",
             "udp 198.51.100.7:1 > 203.0.113.9:53 payload 40 fragment 64 id 9",
             "udp 224.0.0.1:1 > 203.0.113.9:53",
             "udp 198.51.100.7:1 > 224.0.0.251:5353",
             "udp 198.51.100.7:1 > 255.255.255.255:67",
             "udp 0.0.0.0:68 > 203.0.113.9:67",
             "udp 127.0.0.1:68 > 203.0.113.9:67",
             "udp [2001:db8::7]:1 > [ff02::1]:5353",
             "udp [::]:1 > [2001:db8::7]:5353",
             "udp [::1]:1 > [2001:db8::7]:5353",
         }) {
        EXPECT_EQ(said(question), "nothing") << question;
    }
    Bytes broadcast = packet::parse_packet_text("udp 198.51.100.7:1 > 203.0.113.9:53").value();
    std::fill_n(broadcast.begin(), 6, 0xff);
    EXPECT_TRUE(answer_to(broadcast).empty());
}
TEST(Reject, AFirstFragmentIsToldByIcmp) {
    EXPECT_NE(said("tcp 198.51.100.7:4242 > 203.0.113.9:443 syn payload 4 more id 9").find("type 3 code 13"),
              std::string::npos);
}

}  // namespace
}  // namespace sluice::dataplane::firewall
