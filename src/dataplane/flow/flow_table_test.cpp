#include "dataplane/flow/flow_table.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "dataplane/flow/flow_world.hpp"

namespace sluice::dataplane::flow {
namespace {

net::Address ip(std::string_view text) {
    return net::Address::parse(text).value();
}
Tuple udp(TenantIndex tenant, std::string_view from, std::uint16_t from_port, std::string_view to,
          std::uint16_t to_port) {
    return {tenant, 17, ip(from), from_port, ip(to), to_port};
}

TEST(FlowTable, FindsAFlowFromBothDirections) {
    FlowWorld world;
    for (const auto& [from, to] :
         {std::pair{"10.0.0.1", "192.0.2.9"}, std::pair{"192.0.2.77", "10.9.9.9"},
          std::pair{"2001:db8::1", "2001:db8:9::1"}, std::pair{"fd00::2", "fd00::1"}}) {
        const Tuple tuple = udp(3, from, 4000, to, 53);
        EXPECT_EQ(world.table.find(tuple).flow, nullptr);
        const Opened opened = world.table.open({.tuple = tuple, .translation = {}}, world.times, world.quota);
        ASSERT_NE(opened.flow, nullptr);
        EXPECT_EQ(world.table.find(tuple).flow, opened.flow);
        EXPECT_EQ(world.table.find(tuple).direction, Direction::original);
        EXPECT_EQ(world.table.find(tuple.reversed()).flow, opened.flow);
        EXPECT_EQ(world.table.find(tuple.reversed()).direction, Direction::reply);
        EXPECT_EQ(world.table.find(udp(3, from, 4001, to, 53)).flow, nullptr);
        EXPECT_EQ(world.table.find(udp(3, to, 4000, from, 53)).flow, nullptr) << "ports the other way round";
    }
    EXPECT_EQ(world.table.counts().open.value(), 4U);
}

TEST(FlowTable, TenantsWithTheSameAddressesNeverMeet) {
    FlowWorld world;
    const Tuple a = udp(1, "10.0.0.1", 4000, "10.0.0.2", 53);
    const Tuple b = udp(2, "10.0.0.1", 4000, "10.0.0.2", 53);
    Flow* of_a = world.table.open({.tuple = a, .translation = {}, .rule = 1}, world.times, world.quota).flow;
    EXPECT_EQ(world.table.find(b).flow, nullptr);
    EXPECT_EQ(world.table.find(b.reversed()).flow, nullptr);
    Flow* of_b = world.table.open({.tuple = b, .translation = {}, .rule = 2}, world.times, world.quota).flow;
    EXPECT_NE(of_a, of_b);
    EXPECT_EQ(world.table.find(a.reversed()).flow->rule, 1U);
    EXPECT_EQ(world.table.find(b.reversed()).flow->rule, 2U);
    world.table.end(*of_a);
    EXPECT_EQ(world.table.find(a).flow, nullptr);
    EXPECT_EQ(world.table.find(b).flow, of_b);
    EXPECT_EQ(world.table.flows_of(1), 0U);
    EXPECT_EQ(world.table.flows_of(2), 1U);
}

TEST(FlowTable, ATranslatedFlowIsFoundByTheTupleOfItsAnswers) {
    FlowWorld world;
    for (const auto& [inside, outside, server] : {std::tuple{"10.0.0.1", "203.0.113.7", "192.0.2.9"},
                                                  std::tuple{"fd00::1", "2001:db8:7::7", "2001:db8:9::9"}}) {
        const Tuple tuple = udp(1, inside, 4000, server, 53);
        const Tuple translation = udp(1, outside, 61'000, server, 53);
        const Opened opened = world.table.open(
            {.tuple = tuple, .translated = true, .translation = translation}, world.times, world.quota);
        ASSERT_NE(opened.flow, nullptr);
        EXPECT_EQ(world.table.find(tuple).flow, opened.flow);
        EXPECT_EQ(world.table.find(translation.reversed()).flow, opened.flow);
        EXPECT_EQ(world.table.find(translation.reversed()).direction, Direction::reply);
        EXPECT_TRUE(world.table.translated(*opened.flow) == translation);
        EXPECT_EQ(world.table.find(tuple.reversed()).flow, nullptr) << "not what the answer looks like";
        EXPECT_EQ(world.table.find(translation).flow, nullptr);

        // The same outside address and port for another inside address: somebody else's.
        const Opened second = world.table.open(
            {.tuple = udp(1, inside, 4001, server, 53), .translated = true, .translation = translation},
            world.times, world.quota);
        EXPECT_EQ(second.flow, nullptr);
        EXPECT_TRUE(second.taken);
        world.table.end(*opened.flow);
        EXPECT_EQ(world.table.find(tuple).flow, nullptr);
        EXPECT_EQ(world.table.find(translation.reversed()).flow, nullptr);
    }
}

TEST(FlowTable, ABurstIsFoundLikeSinglePackets) {
    FlowWorld world;
    std::vector<Tuple> tuples;
    for (std::uint16_t i = 0; i < 30; ++i) {
        const bool ipv6 = i % 3 == 0;
        const Tuple tuple = udp(1, ipv6 ? "2001:db8::1" : "10.0.0.1", static_cast<std::uint16_t>(1000 + i),
                                ipv6 ? "2001:db8::2" : "192.0.2.1", 53);
        if (i % 5 != 0) {
            ASSERT_NE(world.table.open({.tuple = tuple, .translation = {}, .rule = i}, world.times, {}).flow,
                      nullptr);
        }
        tuples.push_back(i % 2 == 0 ? tuple : tuple.reversed());
    }
    FlowLookups lookups;
    lookups.clear();
    for (std::size_t i = 0; i < tuples.size(); ++i) lookups.add(i, tuples[i], tuples[i].ipv6());
    world.table.fetch(lookups);
    for (std::size_t i = 0; i < tuples.size(); ++i) {
        EXPECT_EQ(lookups.hashes[i], world.table.hash_of(tuples[i]));
        const Found found = world.table.find(lookups, i);
        ASSERT_EQ(found.flow != nullptr, i % 5 != 0) << i;
        if (found.flow == nullptr) continue;
        EXPECT_EQ(found.flow->rule, i);
        EXPECT_EQ(found.direction, i % 2 == 0 ? Direction::original : Direction::reply);
    }
    // What an earlier packet of the burst has opened or ended, a later one sees.
    Flow* opened = world.table.open({.tuple = tuples[0], .translation = {}}, world.times, {}).flow;
    EXPECT_EQ(world.table.find(lookups, 0).flow, opened);
    world.table.end(*world.table.find(lookups, 1).flow);
    EXPECT_EQ(world.table.find(lookups, 1).flow, nullptr);
}

TEST(FlowTable, TimeEndsFlowsAndFreesTheirMemory) {
    FlowWorld world;
    ASSERT_EQ(world.send("udp 10.0.0.1:4000 > 192.0.2.1:53"), "pass");
    ASSERT_EQ(world.send("udp 10.0.0.1:4001 > 192.0.2.1:53"), "pass");
    ASSERT_EQ(world.send("udp 192.0.2.1:53 > 10.0.0.1:4001"), "pass");
    EXPECT_EQ(world.last.flow->state, FlowState::udp_assured);
    EXPECT_EQ(world.last.flow->packets[0], 1U);
    EXPECT_EQ(world.last.flow->packets[1], 1U);
    world.wait(29);
    EXPECT_NE(world.table.find(udp(1, "10.0.0.1", 4000, "192.0.2.1", 53)).flow, nullptr);
    world.wait(2);
    EXPECT_EQ(world.table.find(udp(1, "10.0.0.1", 4000, "192.0.2.1", 53)).flow, nullptr) << "30 s alone";
    EXPECT_NE(world.table.find(udp(1, "10.0.0.1", 4001, "192.0.2.1", 53)).flow, nullptr) << "300 s answered";
    EXPECT_EQ(world.table.counts().open.value(), 1U);
    for (int i = 0; i < 400; ++i) world.wait(1);
    EXPECT_EQ(world.table.counts().open.value(), 0U) << "nobody asked; the sweep did it";
    EXPECT_EQ(world.table.counts().ended[static_cast<std::size_t>(FlowEnd::expired)].value(), 2U);
}

TEST(FlowTable, LimitsATenant) {
    FlowWorld world;
    world.quota = FlowQuota::from({.flows = 3, .new_flows_per_s = 0});
    for (int i = 0; i < 3; ++i)
        EXPECT_EQ(world.send(fmt::format("udp 10.0.0.{}:4000 > 192.0.2.1:53", i + 1)), "pass");
    EXPECT_EQ(world.send("udp 10.0.0.9:4000 > 192.0.2.1:53"), "flow-limit");
    EXPECT_EQ(world.send("udp 10.0.0.9:4000 > 192.0.2.1:53", 2), "pass") << "another tenant has its own";
    EXPECT_EQ(world.send("udp 192.0.2.1:53 > 10.0.0.1:4000"), "pass") << "what is open goes on";
    world.wait(31);
    for (int i = 0; i < 9; ++i) world.wait(1);  // the sweep comes by
    EXPECT_EQ(world.send("udp 10.0.0.9:4000 > 192.0.2.1:53"), "pass");

    world.quota = FlowQuota::from({.flows = 0, .new_flows_per_s = 100});
    int passed = 0;
    for (int i = 0; i < 1000; ++i) {
        world.wait(0.001);
        if (world.send(fmt::format("udp 10.0.1.1:{} > 192.0.2.1:53", 2000 + i)) == "pass") ++passed;
    }
    EXPECT_NEAR(passed, 132, 3) << "100 a second and a burst of 32";
    EXPECT_EQ(world.send("udp 10.0.1.1:9999 > 192.0.2.1:53"), "flow-rate");
}

TEST(FlowTable, LimitsASource) {
    FlowWorld world;
    world.quota = FlowQuota::from({.flows = 0, .flows_a_source = 2});
    EXPECT_EQ(world.send("udp 10.0.0.1:1 > 192.0.2.1:53"), "pass");
    EXPECT_EQ(world.send("udp 10.0.0.1:2 > 192.0.2.1:53"), "pass");
    EXPECT_EQ(world.send("udp 10.0.0.1:3 > 192.0.2.1:53"), "source-flow-limit");
    EXPECT_EQ(world.send("udp 10.0.0.2:3 > 192.0.2.1:53"), "pass");
    EXPECT_EQ(world.send("udp 10.0.0.1:3 > 192.0.2.1:53", 2), "pass") << "the same address elsewhere";
    world.table.end(*world.table.find(udp(1, "10.0.0.1", 1, "192.0.2.1", 53)).flow);
    EXPECT_EQ(world.send("udp 10.0.0.1:3 > 192.0.2.1:53"), "pass");
    world.quota = FlowQuota::from({.flows = 0, .new_flows_a_source_per_s = 10});
    int passed = 0;
    for (int i = 0; i < 100; ++i)
        if (world.send(fmt::format("udp 10.0.0.7:{} > 192.0.2.1:53", 2000 + i)) == "pass") ++passed;
    EXPECT_EQ(passed, 32);
    EXPECT_EQ(world.send("udp 10.0.0.7:7 > 192.0.2.1:53"), "source-flow-rate");
}

TEST(FlowTable, ARulesChangeIsSeenAtTheNextPacket) {
    FlowWorld world;
    world.next.generation = 7;
    ASSERT_EQ(world.send("udp 10.0.0.1:4000 > 192.0.2.1:53"), "pass");
    EXPECT_EQ(world.last.flow->generation, 7U);
    world.table.rejudge(*world.last.flow, 8, 21);
    ASSERT_EQ(world.send("udp 192.0.2.1:53 > 10.0.0.1:4000"), "pass");
    EXPECT_EQ(world.last.flow->generation, 8U);
    EXPECT_EQ(world.last.flow->rule, 21U);
}

TEST(FlowTable, TellsItsListener) {
    struct Log final : FlowListener {
        void flow_ended(const Flow& flow, const Tuple& translated, FlowEnd why) override {
            ports.push_back(translated.source_port);
            packets += flow.packets[0];
            last = why;
        }
        std::vector<std::uint16_t> ports;
        std::uint32_t packets = 0;
        FlowEnd last = FlowEnd::count_;
    } log;
    FlowWorld world({.flows = 64, .tenants = 4}, &log);
    world.next.translated = true;
    world.next.translation = udp(1, "203.0.113.7", 61'000, "192.0.2.1", 53);
    ASSERT_EQ(world.send("udp 10.0.0.1:4000 > 192.0.2.1:53"), "pass");
    world.wait(60);
    EXPECT_EQ(log.ports, std::vector<std::uint16_t>{61'000});
    EXPECT_EQ(log.packets, 1U);
    EXPECT_EQ(log.last, FlowEnd::expired);
}

TEST(FlowTable, ChecksItsSettings) {
    EXPECT_TRUE(FlowTable::validate({}));
    EXPECT_FALSE(FlowTable::validate({.flows = 1}));
    EXPECT_FALSE(FlowTable::validate({.tenants = 0}));
    EXPECT_FALSE(FlowTable::validate({.sweep_s = 0}));
}

TEST(FlowTable, CostsAtMost160BytesAFlow) {
    const FlowTable table({.flows = 1U << 20U}, {1, 2});
    const double each = static_cast<double>(table.bytes()) / (1U << 20U);
    EXPECT_LE(each, 160.0);
    RecordProperty("bytes_a_flow", std::to_string(each));
}

}  // namespace
}  // namespace sluice::dataplane::flow
