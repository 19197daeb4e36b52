#include "detection/detector.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "detection/simulated_traffic.hpp"

namespace sluice::detection {
namespace {

using model::AttackVector;
using model::CountScope;
using std::chrono::hours;
using std::chrono::minutes;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::uint64_t limit = 20'000;
const char* const victim = "192.0.2.10";

model::DetectionPolicy one_limit() {
    return policy(1, "192.0.2.0/24", {packets_threshold("flood", limit)});
}

// How long until a finding is opened under attack of so many times the limit.
base::Duration time_to_find(double times) {
    Simulation simulation;
    simulation.set_policies({one_limit()});
    simulation.run(seconds(120), {udp_flood(victim, 0.1 * limit)});
    EXPECT_THAT(simulation.recorder.findings, IsEmpty());
    return simulation.run(seconds(10), {udp_flood(victim, times * limit)},
                          [&] { return !simulation.recorder.findings.empty(); });
}

TEST(Detector, FindsAnAttackTheSoonerTheStrongerItIs) {
    EXPECT_LE(time_to_find(10), milliseconds(200));
    EXPECT_LE(time_to_find(2), milliseconds(500));
    EXPECT_LE(time_to_find(1.25), milliseconds(1200));
}

TEST(Detector, SaysNothingForAnHourBelowTheLimit) {
    Simulation simulation;
    simulation.set_policies({one_limit()});
    simulation.run(hours(1), {udp_flood(victim, 0.99 * limit)});
    EXPECT_THAT(simulation.recorder.findings, IsEmpty());
    simulation.run(seconds(10), {udp_flood(victim, 1.05 * limit)});
    EXPECT_THAT(simulation.recorder.opened(), SizeIs(1));
}

TEST(Detector, TakesAnExportersBurstsForWhatTheyAre) {
    for (const int flush_ms : {250, 410, 1000, 1700}) {
        Simulation simulation;
        simulation.set_policies({one_limit()});
        Stream bursts = udp_flood(victim, 0.9 * limit);
        bursts.flush_interval = milliseconds(flush_ms);
        simulation.run(minutes(10), {bursts});
        EXPECT_THAT(simulation.recorder.findings, IsEmpty()) << flush_ms;
        bursts.packets_per_s = 2.0 * limit;
        const auto taken =
            simulation.run(seconds(10), {bursts}, [&] { return !simulation.recorder.findings.empty(); });
        EXPECT_LE(taken, milliseconds(500 + 2 * flush_ms)) << flush_ms;
    }
}

TEST(Detector, ASlowExporterDoesNotHideWhatTheOthersReport) {
    Simulation simulation;
    simulation.set_policies({one_limit()});
    // One exporter after the other sends a little, each after a long silence.
    base::Duration taken{};
    for (std::uint32_t tick = 0; tick < 20 && simulation.recorder.findings.empty(); ++tick) {
        model::FlowRecord little = udp_flood(victim, 0).like;
        little.exporter = net::Address::v4(0xcb007180U + tick);
        little.reported_by = model::FlowSource::sflow;
        little.packets = 100;
        little.bytes = 50'000;
        simulation.detector.ingest(0).add({&little, 1});
        taken += simulation.run(milliseconds(100), {udp_flood(victim, 2.0 * limit)});
    }
    EXPECT_LE(taken, milliseconds(600));
}

TEST(Detector, DescribesTheAttack) {
    Simulation simulation;
    simulation.set_policies(
        {policy(1, "192.0.2.0/24", {packets_threshold("syn", 5'000, AttackVector::tcp_syn)})});
    const Stream web = tcp_stream(victim, 2'000, 0x18);
    simulation.run(seconds(200), {web});
    const auto began = simulation.clock.wall();
    Stream flood = tcp_stream(victim, 50'000, 0x02);
    flood.random_source_port = true;
    flood.like.destination_port = 80;
    simulation.run(seconds(10), {web, flood});

    ASSERT_THAT(simulation.recorder.opened(), SizeIs(1));
    const model::Finding opened = simulation.recorder.opened().front();
    EXPECT_EQ(opened.tenant, model::TenantId(1));
    EXPECT_EQ(opened.scope, CountScope::host);
    EXPECT_EQ(opened.target, prefix("192.0.2.10"));
    EXPECT_EQ(opened.rule.threshold, "syn");
    EXPECT_EQ(opened.rule.metric, "packets/s");
    EXPECT_EQ(opened.rule.limit, 5'000U);
    EXPECT_GE(opened.rule.observed, 5'000U);
    EXPECT_GE(opened.first_seen_at, began);
    EXPECT_LE(opened.first_seen_at, began + milliseconds(110));
    EXPECT_NEAR(static_cast<double>(opened.before.packets_per_s), 2'000, 150);
    EXPECT_NEAR(static_cast<double>(opened.usual.packets_per_s),
                static_cast<double>(opened.before.packets_per_s), 1);
    EXPECT_NEAR(static_cast<double>(opened.usual.tcp_packets_per_s + opened.usual.udp_packets_per_s),
                static_cast<double>(opened.usual.packets_per_s), 2);
    ASSERT_FALSE(opened.vectors.empty());
    EXPECT_EQ(opened.vectors.front().vector, AttackVector::tcp_syn);

    const model::Finding last = simulation.recorder.findings.back();
    EXPECT_EQ(last.state, model::FindingState::updated);
    EXPECT_EQ(last.key, opened.key);
    EXPECT_NEAR(static_cast<double>(last.current.packets_per_s), 52'000, 1'000);
    EXPECT_NEAR(static_cast<double>(last.rule.observed), 50'000, 1'000);
    EXPECT_GE(last.peak.packets_per_s, last.current.packets_per_s);
    EXPECT_THAT(last.vectors, SizeIs(1)) << "the usual web traffic is no vector of the attack";
    EXPECT_NEAR(last.distinct_sources, 860, 100);
    EXPECT_EQ(last.destination_port, 80);
    ASSERT_THAT(last.ingress, SizeIs(1));
    EXPECT_EQ(last.ingress.front().interface, 7U);
    EXPECT_FALSE(last.samples.empty());
    for (const auto& sample : last.samples) EXPECT_EQ(sample.tcp_flags, 0x02);
}

TEST(Detector, NamesTheStrongestSources) {
    Simulation simulation;
    simulation.set_policies({one_limit()});
    Stream many = udp_flood(victim, 10'000);
    Stream strong = udp_flood(victim, 60'000);
    strong.sources = 1;
    strong.like.source = address("198.51.100.200");
    strong.like.source_port = 53;
    simulation.run(seconds(3), {many, strong});
    const auto& last = simulation.recorder.findings.back();
    ASSERT_FALSE(last.sources.empty());
    EXPECT_EQ(last.sources.front().source, prefix("198.51.100.200"));
    EXPECT_EQ(last.sources.front().source_port, 53);
    EXPECT_NEAR(static_cast<double>(last.sources.front().rate.packets_per_s), 60'000, 10'000);
    ASSERT_FALSE(last.vectors.empty());
    EXPECT_EQ(last.vectors.front().vector, AttackVector::dns);
}

TEST(Detector, EndsAnAttackAfterTheHoldDown) {
    Simulation simulation;
    simulation.set_policies({one_limit()});
    simulation.run(seconds(20), {udp_flood(victim, 5 * limit)});
    const auto taken = simulation.run(minutes(5), {udp_flood(victim, 0.2 * limit)},
                                      [&] { return !simulation.recorder.closed().empty(); });
    ASSERT_THAT(simulation.recorder.closed(), SizeIs(1));
    EXPECT_GE(taken, seconds(10));
    EXPECT_LE(taken, seconds(12));
    EXPECT_THAT(simulation.detector.open_findings(), IsEmpty());
    EXPECT_EQ(simulation.recorder.closed().front().key, simulation.recorder.opened().front().key);
}

TEST(Detector, AGapInTheReportsIsNoPulse) {
    Simulation simulation;
    simulation.set_policies({one_limit()});
    simulation.run(seconds(20), {udp_flood(victim, 2 * limit)});
    simulation.run(milliseconds(1200), {});
    simulation.run(seconds(20), {udp_flood(victim, 2 * limit)});
    const auto taken = simulation.run(minutes(5), {}, [&] { return !simulation.recorder.closed().empty(); });
    ASSERT_THAT(simulation.recorder.closed(), SizeIs(1));
    EXPECT_LE(taken, seconds(12)) << "the hold-down is not stretched to two of its periods";
}

// How long the last attack of a story is held after its end.
base::Duration held_after(Simulation& simulation) {
    return simulation.run(minutes(12), {}, [&] {
        return simulation.recorder.opened().size() == simulation.recorder.closed().size();
    });
}

TEST(Detector, ALongAttackWithAGapIsNotHeldLonger) {
    for (const auto first_part : {minutes(1), minutes(4), minutes(9)}) {
        Simulation simulation;
        simulation.set_policies({one_limit()});
        simulation.run(first_part, {udp_flood(victim, 2 * limit)});
        simulation.run(milliseconds(2500), {});
        simulation.run(minutes(10) - first_part, {udp_flood(victim, 2 * limit)});
        const auto held = held_after(simulation);
        EXPECT_THAT(simulation.recorder.closed(), SizeIs(1));
        EXPECT_LE(held, seconds(14)) << first_part.count() << " minutes before the gap";
    }
}

TEST(Detector, AWaveIsHeldOverTwoOfItsPeriods) {
    struct Wave {
        seconds on;
        seconds off;
    };
    for (const auto& wave : {Wave{seconds(5), seconds(8)}, Wave{seconds(2), seconds(28)},
                             Wave{seconds(60), seconds(20)}, Wave{seconds(60), seconds(60)}}) {
        Simulation simulation;
        simulation.set_policies({one_limit()});
        for (int pulse = 0; pulse < 5; ++pulse) {
            simulation.run(wave.on, {udp_flood(victim, 5 * limit)});
            if (pulse < 4) simulation.run(wave.off, {});
        }
        const auto held = held_after(simulation);
        const std::string which = fmt::format("{} s on, {} s off", wave.on.count(), wave.off.count());
        EXPECT_LE(simulation.recorder.opened().size(), 2U) << which;
        EXPECT_GE(held, 2 * (wave.on + wave.off) - seconds(1)) << which;
        EXPECT_LE(held, 2 * (wave.on + wave.off) + seconds(4)) << which;
    }
}

TEST(Detector, HoldsPulsesTogether) {
    Simulation simulation;
    simulation.set_policies({one_limit()});
    for (int pulse = 0; pulse < 20; ++pulse) {
        simulation.run(seconds(1), {udp_flood(victim, 5 * limit)});
        simulation.run(seconds(7), {});
    }
    EXPECT_THAT(simulation.recorder.opened(), SizeIs(1));
    EXPECT_THAT(simulation.recorder.closed(), IsEmpty());
    simulation.run(minutes(1), {});
    EXPECT_THAT(simulation.recorder.closed(), SizeIs(1));
}

TEST(Detector, LearnsTheRhythmOfSlowPulses) {
    Simulation simulation;
    simulation.set_policies({one_limit()});
    for (int pulse = 0; pulse < 10; ++pulse) {
        simulation.run(seconds(2), {udp_flood(victim, 5 * limit)});
        simulation.run(seconds(28), {});
    }
    EXPECT_THAT(simulation.recorder.opened(), SizeIs(2))
        << "the hold-down covers two periods from the second on";
}

TEST(Detector, AnElephantIsNoSynFlood) {
    Simulation simulation;
    simulation.set_policies({policy(1, "192.0.2.0/24",
                                    {packets_threshold("syn", 1'000, AttackVector::tcp_syn),
                                     packets_threshold("null", 1'000, AttackVector::tcp_null),
                                     packets_threshold("fragments", 1'000, AttackVector::fragment)})});
    simulation.run(seconds(60), {tcp_stream(victim, 900'000, 0x10), tcp_stream(victim, 300, 0x02)});
    EXPECT_THAT(simulation.recorder.findings, IsEmpty());
}

TEST(Detector, CountsBitsAndSharesOfTheLine) {
    auto wanted = one_limit();
    wanted.targets[0].line_rate_bps = 1'000'000'000;
    wanted.thresholds[0].packets_per_s.reset();
    wanted.thresholds[0].line_rate_fraction = 0.8;
    Simulation simulation;
    simulation.set_policies({wanted});
    simulation.run(seconds(60), {tcp_stream(victim, 98'000, 0x10)});
    EXPECT_THAT(simulation.recorder.findings, IsEmpty()) << "784 Mbit/s";
    simulation.run(seconds(5), {tcp_stream(victim, 110'000, 0x10)});
    ASSERT_THAT(simulation.recorder.opened(), SizeIs(1)) << "880 Mbit/s";
    EXPECT_EQ(simulation.recorder.opened().front().rule.metric, "bits/s");
    EXPECT_EQ(simulation.recorder.opened().front().rule.limit, 800'000'000U);
}

TEST(Detector, KeepsNeighboursApart) {
    Simulation simulation;
    simulation.set_policies({policy(1, "192.0.2.0/25", {packets_threshold("a", limit)}),
                             policy(2, "192.0.2.128/25", {packets_threshold("b", 10 * limit)})});
    simulation.run(seconds(10), {udp_flood("192.0.2.127", 2 * limit), udp_flood("192.0.2.128", 2 * limit)});
    ASSERT_THAT(simulation.recorder.opened(), SizeIs(1));
    EXPECT_EQ(simulation.recorder.opened().front().tenant, model::TenantId(1));
    ASSERT_FALSE(simulation.recorder.reports.empty());
    const auto& traffic = simulation.recorder.reports.back().traffic;
    ASSERT_THAT(traffic, SizeIs(2));
    for (const auto& point : traffic) {
        EXPECT_NEAR(static_cast<double>(point.rate.packets_per_s), 2.0 * limit, limit / 20.0);
        EXPECT_EQ(point.prefix,
                  prefix(point.tenant == model::TenantId(1) ? "192.0.2.0/25" : "192.0.2.128/25"));
    }
}

TEST(Detector, SeesWhatACustomersHostSends) {
    auto wanted = one_limit();
    wanted.thresholds[0].direction = model::TrafficDirection::outbound;
    Simulation simulation;
    simulation.set_policies({wanted});
    Stream zombie = udp_flood("198.51.100.7", 2 * limit);
    zombie.like.source = address(victim);
    zombie.sources = 1;
    simulation.run(seconds(2), {zombie});
    ASSERT_THAT(simulation.recorder.opened(), SizeIs(1));
    EXPECT_EQ(simulation.recorder.opened().front().direction, model::TrafficDirection::outbound);
    EXPECT_EQ(simulation.recorder.opened().front().target, prefix(victim));
    EXPECT_EQ(simulation.detector.stats().records_outside, 0U);
}

TEST(Detector, Ipv6IsTheSame) {
    Simulation simulation;
    simulation.set_policies({policy(1, "2001:db8::/48", {packets_threshold("flood", limit)})});
    Stream flood = udp_flood("2001:db8::10", 2 * limit);
    flood.like.source = address("2001:db8:ffff::1");
    const auto taken =
        simulation.run(seconds(5), {flood}, [&] { return !simulation.recorder.findings.empty(); });
    EXPECT_LE(taken, milliseconds(500));
    ASSERT_THAT(simulation.recorder.opened(), SizeIs(1));
    EXPECT_EQ(simulation.recorder.opened().front().target, prefix("2001:db8::10"));
}

TEST(Detector, SumsOverShards) {
    DetectorConfig config;
    config.shards = 2;
    Simulation simulation(config);
    simulation.shards = 2;
    simulation.set_policies({one_limit()});
    Stream flood = udp_flood(victim, 1.6 * limit);
    flood.records = 200;
    simulation.run(seconds(5), {flood});
    ASSERT_THAT(simulation.recorder.opened(), SizeIs(1)) << "each shard sees 0.8 of the limit";
    EXPECT_NEAR(static_cast<double>(simulation.recorder.findings.back().current.packets_per_s), 1.6 * limit,
                limit / 50.0);
}

TEST(Detector, ASampledEstimateMustBeSure) {
    Simulation simulation;
    simulation.set_policies({one_limit()});
    Stream sampled = udp_flood(victim, 0);
    sampled.like.sampling = 1000;
    // Poisson arrivals of samples, at 0.8 of the limit: 16 a second.
    const double per_tick = 0.8 * limit / 1000 * 0.1;
    for (int tick = 0; tick < 36'000; ++tick) {
        const double chance = static_cast<double>(simulation.random.next() >> 11U) * 0x1p-53;
        int samples = 0;
        double probability = std::exp(-per_tick);
        for (double sum = probability; chance > sum && samples < 50; sum += probability) {
            probability *= per_tick / ++samples;
        }
        Stream now = sampled;
        now.packets_per_s = samples * 10;
        simulation.run(milliseconds(100), {now});
    }
    EXPECT_LE(simulation.recorder.opened().size(), 1U) << "an hour at 0.8 of the limit, one in 1000 sampled";
    const std::size_t before = simulation.recorder.opened().size();
    simulation.run(seconds(60), {});
    sampled.packets_per_s = 2.0 * limit / 1000;
    sampled.records = 4;
    simulation.run(seconds(3), {sampled});
    EXPECT_GT(simulation.recorder.opened().size(), before);
}

TEST(Detector, ReportsTrafficEachSecondAndItsLosses) {
    Simulation simulation;
    simulation.set_policies({one_limit()});
    simulation.run(seconds(10), {udp_flood(victim, 1'000)});
    ASSERT_THAT(simulation.recorder.reports, SizeIs(10));
    const auto& report = simulation.recorder.reports.back();
    EXPECT_EQ(report.policy_version, 1U);
    EXPECT_EQ(report.interval_ms, 1000U);
    ASSERT_THAT(report.traffic, SizeIs(1));
    EXPECT_EQ(report.traffic[0].rate.packets_per_s, 1'000U);
    EXPECT_EQ(report.traffic[0].rate.bits_per_s, 1'000U * 500 * 8);
    EXPECT_FALSE(report.losses.empty());
    for (const auto& [reason, count] : report.losses) EXPECT_EQ(count, 0U) << reason;
    EXPECT_EQ(report.records, simulation.detector.stats().records);
}

TEST(DetectorConfig, IsBounded) {
    EXPECT_TRUE(validate(DetectorConfig{}).has_value());
    DetectorConfig config;
    config.tick_ms = 500;
    const auto status = validate(config);
    ASSERT_FALSE(status.has_value());
    EXPECT_EQ(status.error().message(), "tick_ms: 500 is out of bounds (from 10 to 250)");
}

}  // namespace
}  // namespace sluice::detection
