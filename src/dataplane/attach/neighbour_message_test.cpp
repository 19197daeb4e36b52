#include "dataplane/attach/neighbour_message.hpp"

#include <gtest/gtest.h>

#include <array>

#include "dataplane/local_responder.hpp"
#include "packet/packet_text.hpp"
#include "packet/parser.hpp"

namespace sluice::dataplane::attach {
namespace {

constexpr Mac gateway_mac{0x02, 0x5c, 0, 0, 0, 0x99};
constexpr Mac host_mac{0x02, 0x5c, 0, 0, 0, 0x05};
const net::Address own4 = *net::Address::parse("10.0.0.1");
const net::Address own6 = *net::Address::parse("2001:db8:a::1");
const net::Address host4 = *net::Address::parse("10.0.0.5");
const net::Address host6 = *net::Address::parse("2001:db8:a::1234:5678");

struct Message {
    std::array<std::uint8_t, 256> buffer{};
    packet::Frame frame{buffer.data() + 100, question_bytes, 128, nullptr};
    packet::Key key{};

    Message(const net::Address& wanted, const Mac& ask_at, const WayOut& way = {true, gateway_mac}) {
        write_question(way, wanted.is_v4() ? own4 : own6, wanted, ask_at, frame);
        key = packet::parse(frame.bytes());
    }
    // The host's own answer, as a host like the gateway gives it.
    [[nodiscard]] bool answer(const net::Address& address) {
        if (!LocalResponder(host_mac, {address}).answer(key, frame)) return false;
        key = packet::parse(frame.bytes());
        return true;
    }
    [[nodiscard]] std::optional<NeighbourHint> hint() const { return read_hint(key, frame, own4, own6); }
};

}  // namespace

TEST(NeighbourMessage, QuestionsAreAnsweredAndTheAnswersUnderstood) {
    for (const net::Address& host : {host4, host6}) {
        for (const Mac& ask_at : {Mac{}, host_mac}) {
            Message message(host, ask_at);
            EXPECT_GE(message.frame.length, 60U);
            const auto asked = read_hint(message.key, message.frame, host, host);
            ASSERT_TRUE(asked.has_value()) << "who is asked learns who asks";
            EXPECT_EQ(asked->mac, gateway_mac);
            EXPECT_EQ(asked->kind, NeighbourTable::Hint::question);
            ASSERT_TRUE(message.answer(host)) << host.to_string();
            const auto hint = message.hint();
            ASSERT_TRUE(hint.has_value()) << host.to_string();
            EXPECT_EQ(hint->address, host);
            EXPECT_EQ(hint->mac, host_mac);
            EXPECT_EQ(hint->kind, NeighbourTable::Hint::answer);
        }
    }
}

TEST(NeighbourMessage, EverybodyIsTheirGroup) {
    const Message v4(host4, {});
    EXPECT_EQ(v4.frame.data[0], 0xff);
    const Message v6(host6, {});
    const std::array<std::uint8_t, 6> group{0x33, 0x33, 0xff, 0x34, 0x56, 0x78};
    EXPECT_TRUE(std::equal(group.begin(), group.end(), v6.frame.data));
    EXPECT_EQ(v6.key.destination.to_string(), "ff02::1:ff34:5678");
    EXPECT_EQ(v6.key.hop_limit, 255);
    EXPECT_EQ(v6.key.error, packet::ParseError::none);
    const Message one(host6, host_mac);
    EXPECT_TRUE(std::equal(host_mac.begin(), host_mac.end(), one.frame.data));
    EXPECT_EQ(one.key.destination, host6);
}

TEST(NeighbourMessage, TagsAreTheNetworks) {
    WayOut way{true, gateway_mac};
    way.vlan = 12;
    way.inner_vlan = 34;
    for (const net::Address& host : {host4, host6}) {
        Message message(host, {}, way);
        EXPECT_EQ(message.key.vlan, 12);
        EXPECT_EQ(message.key.inner_vlan, 34);
        ASSERT_TRUE(message.answer(host));
        EXPECT_TRUE(message.hint().has_value());
    }
}

TEST(NeighbourMessage, WhatIsNoneOrContradictsItselfSaysNothing) {
    for (const net::Address& host : {host4, host6}) {
        Message message(host, {});
        ASSERT_TRUE(message.answer(host));
        Message group = message;
        group.frame.data = group.buffer.data() + 100;
        // The Ethernet address that is told: of ARP the sender's, of an advertisement the option's.
        group.frame.data[host.is_v4() ? 14 + 8 : 14 + 40 + 26] |= 1U;
        EXPECT_FALSE(group.hint().has_value()) << "a group is nobody";
        Message cut = message;
        cut.frame.data = cut.buffer.data() + 100;
        cut.frame.length = 14 + 20;
        cut.key = packet::parse(cut.frame.bytes());
        EXPECT_FALSE(cut.hint().has_value());
    }
    Message far(host6, {});
    ASSERT_TRUE(far.answer(host6));
    far.key.hop_limit = 254;
    EXPECT_FALSE(far.hint().has_value()) << "from beyond the link";
    auto bytes = packet::parse_packet_text("udp 10.0.0.5:1 > 10.0.0.1:2 payload 40").value();
    const packet::Frame frame{bytes.data(), static_cast<std::uint32_t>(bytes.size()), 128, nullptr};
    EXPECT_FALSE(read_hint(packet::parse(bytes), frame, own4, own6).has_value());
}

}  // namespace sluice::dataplane::attach
