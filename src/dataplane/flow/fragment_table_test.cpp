#include "dataplane/flow/fragment_table.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "dataplane/flow/flow_world.hpp"

namespace sluice::dataplane::flow {
namespace {

TEST(FragmentTable, LaterPiecesFollowTheFirst) {
    FlowWorld world;
    EXPECT_EQ(world.send("udp 10.0.0.1:4000 > 192.0.2.1:53 fragment 1480 id 7 payload 100"),
              "fragment-without-first");
    EXPECT_EQ(world.send("udp 10.0.0.1:4000 > 192.0.2.1:53 more id 7 payload 1472"), "pass");
    Flow* flow = world.last.flow;
    EXPECT_EQ(world.send("udp 10.0.0.1:4000 > 192.0.2.1:53 fragment 1480 more id 7 payload 80"), "pass");
    EXPECT_EQ(world.last.flow, flow);
    EXPECT_EQ(world.last.direction, Direction::original);
    EXPECT_EQ(flow->packets[0], 2U);
    EXPECT_EQ(world.send("udp 10.0.0.1:4000 > 192.0.2.1:53 fragment 1480 id 8 payload 80"),
              "fragment-without-first");
    EXPECT_EQ(world.send("udp 10.0.0.2:4000 > 192.0.2.1:53 fragment 1480 id 7 payload 80"),
              "fragment-without-first");
    EXPECT_EQ(world.send("udp 10.0.0.1:4000 > 192.0.2.1:53 fragment 1480 id 7 payload 80", 2),
              "fragment-without-first");
    // The answer in pieces, with the same identification.
    EXPECT_EQ(world.send("udp 192.0.2.1:53 > 10.0.0.1:4000 more id 7 payload 1472"), "pass");
    EXPECT_EQ(world.send("udp 192.0.2.1:53 > 10.0.0.1:4000 fragment 1480 id 7 payload 10"), "pass");
    EXPECT_EQ(world.last.direction, Direction::reply);
    EXPECT_EQ(flow->packets[1], 2U);
}

TEST(FragmentTable, OfIpv6) {
    FlowWorld world;
    EXPECT_EQ(world.send("udp [2001:db8::1]:4000 > [2001:db8:9::9]:53 more id 99 payload 1000"), "pass");
    EXPECT_EQ(world.send("udp [2001:db8::1]:4000 > [2001:db8:9::9]:53 fragment 1008 id 99 payload 10"),
              "pass");
}

TEST(FragmentTable, ForgetsWithTime) {
    FlowWorld world;
    world.times = FlowTimes::from({.udp_single_s = 600}, true);
    EXPECT_EQ(world.send("udp 10.0.0.1:4000 > 192.0.2.1:53 more id 7 payload 1472"), "pass");
    world.wait(29);
    EXPECT_EQ(world.send("udp 10.0.0.1:4000 > 192.0.2.1:53 fragment 1480 id 7 payload 80"), "pass");
    world.wait(2);
    EXPECT_EQ(world.send("udp 10.0.0.1:4000 > 192.0.2.1:53 fragment 1480 id 7 payload 80"),
              "fragment-without-first");
}

TEST(FragmentTable, DoesNotOutliveItsFlow) {
    FlowWorld world;
    EXPECT_EQ(world.send("udp 10.0.0.1:4000 > 192.0.2.1:53 more id 7 payload 1472"), "pass");
    world.table.end(*world.last.flow);
    EXPECT_EQ(world.send("udp 10.0.0.1:4000 > 192.0.2.1:53 fragment 1480 id 7 payload 80"),
              "fragment-without-first");
    // Another flow gets the memory of the first.
    EXPECT_EQ(world.send("udp 10.0.0.9:4000 > 192.0.2.1:53"), "pass");
    EXPECT_EQ(world.table.number_of(*world.last.flow), 0U);
    EXPECT_EQ(world.send("udp 10.0.0.1:4000 > 192.0.2.1:53 fragment 1480 id 7 payload 80"),
              "fragment-without-first");
}

TEST(FragmentTable, OfATcpSegmentCountsInItsWindow) {
    FlowWorld world;
    ASSERT_EQ(world.send("tcp 10.0.0.1:4000 > 192.0.2.1:443 syn seq 1000"), "pass");
    ASSERT_EQ(world.send("tcp 192.0.2.1:443 > 10.0.0.1:4000 syn ack seq 5000 ack-number 1001"), "pass");
    ASSERT_EQ(world.send("tcp 10.0.0.1:4000 > 192.0.2.1:443 ack seq 1001 ack-number 5001"), "pass");
    EXPECT_EQ(
        world.send("tcp 10.0.0.1:4000 > 192.0.2.1:443 ack seq 1001 ack-number 5001 more id 7 payload 100"),
        "pass");
    EXPECT_EQ(world.last.flow->tcp[0].end, 1101U);
    EXPECT_EQ(world.send("tcp 10.0.0.1:4000 > 192.0.2.1:443 ack fragment 120 id 7 payload 50"), "pass");
    const std::uint32_t end = world.last.flow->tcp[0].end;
    EXPECT_GT(end, 1101U);
    EXPECT_EQ(world.send(fmt::format("tcp 192.0.2.1:443 > 10.0.0.1:4000 ack seq 5001 ack-number {}", end)),
              "pass");
    EXPECT_EQ(world.send("tcp 10.0.0.1:4000 > 192.0.2.1:443 ack fragment 16 id 7 payload 50"), "bad-fragment")
        << "into the header of the first";
}

TEST(FragmentTable, AFloodOfFirstPiecesStaysInItsMemory) {
    FlowWorld world;
    const std::size_t bytes = world.fragments.bytes();
    for (int i = 0; i < 20'000; ++i)
        ASSERT_EQ(world.send(fmt::format("udp 10.0.0.1:4000 > 192.0.2.1:53 more id {} payload 8", i)),
                  "pass");
    EXPECT_EQ(world.fragments.bytes(), bytes);
    EXPECT_EQ(world.send("udp 10.0.0.1:4000 > 192.0.2.1:53 fragment 16 id 19999 payload 8"), "pass")
        << "the newest";
}

}  // namespace
}  // namespace sluice::dataplane::flow
