// Prefixes and tenants: carpet bombing, nested prefixes, findings that would say the same twice.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "detection/simulated_traffic.hpp"

namespace sluice::detection {
namespace {

using model::AttackVector;
using model::CountScope;
using testing::IsEmpty;
using testing::SizeIs;

std::vector<model::Threshold> host_and(CountScope scope) {
    return {packets_threshold("flood", 20'000),
            packets_threshold("carpet", 60'000, AttackVector::udp, scope)};
}

Stream carpet(double packets_per_s) {
    Stream stream = udp_flood("192.0.2.0", packets_per_s);
    stream.destinations = 256;
    stream.records = 512;
    return stream;
}

TEST(DetectorAggregates, FindCarpetBombing) {
    for (const CountScope scope : {CountScope::prefix, CountScope::tenant}) {
        Simulation simulation;
        simulation.set_policies({policy(1, "192.0.2.0/24", host_and(scope))});
        simulation.run(seconds(120), {carpet(10'000)});
        EXPECT_THAT(simulation.recorder.findings, IsEmpty());
        const auto began = simulation.tick_end();
        // 500,000 packets/s in all, a tenth of the limit for each of 256 hosts.
        const auto taken = simulation.run(seconds(10), {carpet(500'000)},
                                          [&] { return !simulation.recorder.findings.empty(); });
        EXPECT_LE(taken, milliseconds(300));
        ASSERT_THAT(simulation.recorder.opened(), SizeIs(1));
        const auto opened = simulation.recorder.opened().front();
        EXPECT_EQ(opened.scope, scope);
        EXPECT_EQ(opened.target, prefix("192.0.2.0/24"));
        EXPECT_EQ(opened.rule.threshold, "carpet");
        EXPECT_GE(opened.first_seen_at, began - milliseconds(100));
        EXPECT_THAT(opened.hosts, SizeIs(16));
        EXPECT_THAT(std::set(opened.hosts.begin(), opened.hosts.end()), SizeIs(16));
        for (const auto& host : opened.hosts) EXPECT_TRUE(opened.target.contains(host));

        simulation.run(seconds(5), {carpet(500'000)});
        const auto& last = simulation.recorder.findings.back();
        EXPECT_EQ(last.vectors.front().vector, AttackVector::udp);
        EXPECT_NEAR(last.distinct_sources, 1000, 100);
        EXPECT_FALSE(last.samples.empty());
        EXPECT_THAT(simulation.recorder.opened(), SizeIs(1));
    }
}

TEST(DetectorAggregates, JustBelowTheSumIsNoAttack) {
    Simulation simulation;
    simulation.set_policies({policy(1, "192.0.2.0/24", host_and(CountScope::prefix))});
    simulation.run(std::chrono::minutes(10), {carpet(59'000)});
    EXPECT_THAT(simulation.recorder.findings, IsEmpty());
}

TEST(DetectorAggregates, AHostsFindingExplainsItsPrefix) {
    Simulation simulation;
    auto thresholds = host_and(CountScope::prefix);
    thresholds.push_back(packets_threshold("tenant", 60'000, AttackVector::total, CountScope::tenant));
    simulation.set_policies({policy(1, "192.0.2.0/24", thresholds)});
    simulation.run(seconds(30), {udp_flood("192.0.2.10", 500'000), carpet(10'000)});
    ASSERT_THAT(simulation.recorder.opened(), SizeIs(1)) << "one attack, one finding";
    EXPECT_EQ(simulation.recorder.opened().front().scope, CountScope::host);
    // A carpet on top is an attack of its own.
    simulation.run(seconds(5), {udp_flood("192.0.2.10", 500'000), carpet(100'000)});
    ASSERT_THAT(simulation.recorder.opened(), SizeIs(2));
    EXPECT_EQ(simulation.recorder.opened().back().scope, CountScope::prefix);
}

TEST(DetectorAggregates, AWidePrefixCountsTheNarrowOnesInIt) {
    auto wanted = policy(1, "192.0.2.0/24",
                         {packets_threshold("wide", 50'000, AttackVector::total, CountScope::prefix)});
    wanted.targets.push_back({prefix("192.0.2.128/25"), 0});
    wanted.targets.push_back({prefix("192.0.2.192/26"), 0});
    Simulation simulation;
    simulation.set_policies({wanted});
    simulation.run(seconds(5), {udp_flood("192.0.2.1", 20'000), udp_flood("192.0.2.130", 20'000),
                                udp_flood("192.0.2.200", 20'000)});
    ASSERT_THAT(simulation.recorder.opened(), SizeIs(1)) << "only the /24 carries 60,000";
    EXPECT_EQ(simulation.recorder.opened().front().target, prefix("192.0.2.0/24"));
    std::map<net::Prefix, std::uint64_t> packets;
    for (const auto& point : simulation.recorder.reports.back().traffic) {
        packets[point.prefix] = point.rate.packets_per_s;
    }
    EXPECT_EQ(packets[prefix("192.0.2.0/24")], 60'000U);
    EXPECT_EQ(packets[prefix("192.0.2.128/25")], 40'000U);
    EXPECT_EQ(packets[prefix("192.0.2.192/26")], 20'000U);
}

}  // namespace
}  // namespace sluice::detection
