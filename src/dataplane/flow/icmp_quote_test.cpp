#include "dataplane/flow/icmp_quote.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "dataplane/flow/flow_world.hpp"

namespace sluice::dataplane::flow {
namespace {

// The ICMP error that `outer` describes ("icmp A > B type 3"), about the first `bytes` of the packet in
// `quoted`.
TextPacket error_about(std::string_view outer, const TextPacket& quoted, std::size_t bytes = 28) {
    bytes = std::min<std::size_t>(bytes, quoted.key.l3_length);
    TextPacket packet(fmt::format("{} payload {}", outer, bytes));
    const auto at = static_cast<std::ptrdiff_t>(packet.bytes.size() - bytes);
    std::copy_n(quoted.bytes.begin() + quoted.key.l3_offset, bytes, packet.bytes.begin() + at);
    packet.read();
    return packet;
}
TextPacket error_about(std::string_view outer, std::string_view quoted, std::size_t bytes = 28) {
    return error_about(outer, TextPacket(quoted), bytes);
}

TEST(IcmpQuote, FindsTheFlowAndTheErrorsDirection) {
    FlowWorld world;
    ASSERT_EQ(world.send("udp 10.0.0.1:4000 > 192.0.2.1:53"), "pass");
    TextPacket from_afar =
        error_about("icmp 198.51.100.7 > 10.0.0.1 type 11", "udp 10.0.0.1:4000 > 192.0.2.1:53");
    EXPECT_EQ(world.send(from_afar), "pass");
    EXPECT_EQ(world.last.direction, Direction::reply);
    EXPECT_EQ(world.last.flow->state, FlowState::udp_single) << "an error is no answer";
    TextPacket from_inside =
        error_about("icmp 10.0.0.254 > 192.0.2.1 type 3", "udp 192.0.2.1:53 > 10.0.0.1:4000");
    EXPECT_EQ(world.send(from_inside), "pass");
    EXPECT_EQ(world.last.direction, Direction::original);
    TextPacket other_port =
        error_about("icmp 198.51.100.7 > 10.0.0.1 type 3", "udp 10.0.0.1:4001 > 192.0.2.1:53");
    EXPECT_EQ(world.send(other_port), "icmp-unrelated");
    EXPECT_EQ(world.send(from_afar, 2), "icmp-unrelated") << "another tenant's";
    TextPacket to_other =
        error_about("icmp 198.51.100.7 > 10.0.0.2 type 3", "udp 10.0.0.1:4000 > 192.0.2.1:53");
    EXPECT_EQ(world.send(to_other), "icmp-unrelated") << "sent to somebody who has not sent it";
}

TEST(IcmpQuote, OfIpv6WithExtensionHeaders) {
    FlowWorld world;
    ASSERT_EQ(world.send("udp [2001:db8::1]:4000 > [2001:db8:9::9]:53"), "pass");
    for (const auto* extra : {"", " extension hop-by-hop", " extension destination"}) {
        TextPacket too_big =
            error_about("icmpv6 2001:db8:5::5 > 2001:db8::1 type 2",
                        fmt::format("udp [2001:db8::1]:4000 > [2001:db8:9::9]:53{}", extra), 64);
        EXPECT_EQ(world.send(too_big), "pass") << extra;
        EXPECT_EQ(world.last.direction, Direction::reply);
    }
}

TEST(IcmpQuote, OfATranslatedFlowHasItsOutsideAddress) {
    FlowWorld world;
    world.next.translated = true;
    world.next.translation = {
        1, 17, net::Address::parse("203.0.113.7").value(), 61'000, net::Address::parse("192.0.2.1").value(),
        53};
    ASSERT_EQ(world.send("udp 10.0.0.1:4000 > 192.0.2.1:53"), "pass");
    Flow* flow = world.last.flow;
    TextPacket error =
        error_about("icmp 198.51.100.7 > 203.0.113.7 type 3", "udp 203.0.113.7:61000 > 192.0.2.1:53");
    EXPECT_EQ(world.send(error), "pass");
    EXPECT_EQ(world.last.flow, flow);
    EXPECT_EQ(world.last.direction, Direction::reply);
}

TEST(IcmpQuote, OfAPingIsAboutThePing) {
    FlowWorld world;
    TextPacket ping("icmp 10.0.0.1 > 192.0.2.1 type 8 payload 8");
    ping.put16(4, 77);
    EXPECT_EQ(world.send(ping), "pass");
    EXPECT_EQ(world.last.flow->tuple.source_port, 77);
    TextPacket pong("icmp 192.0.2.1 > 10.0.0.1 type 0 payload 8");
    pong.put16(4, 77);
    EXPECT_EQ(world.send(pong), "pass");
    EXPECT_EQ(world.last.direction, Direction::reply);
    TextPacket other_way("icmp 192.0.2.1 > 10.0.0.1 type 8 payload 8");
    other_way.put16(4, 77);
    EXPECT_EQ(world.send(other_way), "pass");
    EXPECT_EQ(world.last.direction, Direction::original) << "the other end's own ping";
    TextPacket error = error_about("icmp 198.51.100.7 > 10.0.0.1 type 11", ping);
    EXPECT_EQ(world.send(error), "pass");
    EXPECT_EQ(world.last.flow->tuple.source, ping.key.source);
    const auto quote = read_quote(1, error.key, error.frame);
    ASSERT_TRUE(quote);
    EXPECT_TRUE(quote->is_query);
    EXPECT_EQ(quote->l3_offset, 14 + 20 + 8);
    EXPECT_EQ(quote->l4_offset, 14 + 20 + 8 + 20);
    EXPECT_EQ(quote->available, 28);
    TextPacket about_error =
        error_about("icmp 198.51.100.7 > 10.0.0.1 type 3", "icmp 10.0.0.1 > 192.0.2.1 type 3 payload 8");
    EXPECT_EQ(world.send(about_error), "icmp-unrelated") << "no error about an error";
}

TEST(IcmpQuote, OfTcpMustBeOnItsWay) {
    FlowWorld world;
    ASSERT_EQ(world.send("tcp 10.0.0.1:4000 > 192.0.2.1:443 syn seq 1000"), "pass");
    const auto error = [&](std::uint32_t sequence) {
        TextPacket packet =
            error_about("icmp 198.51.100.7 > 10.0.0.1 type 3",
                        fmt::format("tcp 10.0.0.1:4000 > 192.0.2.1:443 syn seq {}", sequence));
        return std::string(world.send(packet));
    };
    EXPECT_EQ(error(1000), "pass");
    EXPECT_EQ(error(999), "icmp-unrelated");
    EXPECT_EQ(error(1002), "icmp-unrelated");
}

TEST(IcmpQuote, CutAnywhereIsNeverReadBeyond) {
    for (const auto* text :
         {"tcp 10.0.0.1:4000 > 192.0.2.1:443 syn", "udp 10.0.0.1:4000 > 192.0.2.1:53 options 10"}) {
        const TextPacket quoted(text);
        const std::size_t needed = quoted.key.l4_offset - quoted.key.l3_offset + 8U;
        for (std::size_t bytes = 1; bytes <= quoted.key.l3_length; ++bytes) {
            TextPacket packet = error_about("icmp 198.51.100.7 > 10.0.0.1 type 3", quoted, bytes);
            EXPECT_EQ(read_quote(1, packet.key, packet.frame).has_value(), bytes >= needed)
                << text << " " << bytes;
        }
    }
    TextPacket later = error_about("icmp 198.51.100.7 > 10.0.0.1 type 3",
                                   "udp 10.0.0.1:4000 > 192.0.2.1:53 fragment 64 payload 64");
    EXPECT_FALSE(read_quote(1, later.key, later.frame)) << "no ports in a later fragment";
}

TEST(PacketTuple, KnowsWhatHasNoFlow) {
    const auto kind = [](std::string_view text) {
        const TextPacket packet(text);
        Tuple tuple;
        return tuple_of(1, packet.key, packet.frame, tuple);
    };
    EXPECT_EQ(kind("icmp 10.0.0.1 > 192.0.2.1 type 5 payload 8"), TupleKind::none) << "redirect";
    EXPECT_EQ(kind("icmp 10.0.0.1 > 192.0.2.1 type 9 payload 8"), TupleKind::none);
    EXPECT_EQ(kind("icmpv6 2001:db8::1 > 2001:db8::2 type 135 payload 20"), TupleKind::none);
    EXPECT_EQ(kind("icmpv6 2001:db8::1 > 2001:db8::2 type 128 payload 4"), TupleKind::own);
    EXPECT_EQ(kind("icmpv6 2001:db8::1 > 2001:db8::2 type 1 payload 48"), TupleKind::icmp_error);
    EXPECT_EQ(kind("protocol 47 10.0.0.1 > 192.0.2.1 payload 8"), TupleKind::own);
    EXPECT_EQ(kind("udp 10.0.0.1:1 > 192.0.2.1:2 fragment 64 payload 64"), TupleKind::piece);
}

}  // namespace
}  // namespace sluice::dataplane::flow
