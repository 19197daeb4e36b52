// What happens at the limits: full tables, long flows, policies that change under an attack, threads.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "detection/simulated_traffic.hpp"

namespace sluice::detection {
namespace {

using model::AttackVector;
using model::CountScope;
using std::chrono::minutes;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::uint64_t limit = 20'000;
const char* const victim = "192.0.2.10";

model::DetectionPolicy one_limit() {
    return policy(1, "192.0.2.0/24", {packets_threshold("flood", limit)});
}

model::FlowRecord long_flow(std::uint64_t packets, base::Duration duration, base::Timestamp end) {
    Stream stream = udp_flood(victim, 0);
    model::FlowRecord record = stream.like;
    record.exporter = address("203.0.113.1");
    record.packets = packets;
    record.bytes = packets * 500;
    record.reported_by = model::FlowSource::ipfix;
    record.last_at = end;
    record.first_at = end - duration;
    return record;
}

TEST(DetectorLongFlows, AreNoSpike) {
    Simulation simulation;
    simulation.set_policies({one_limit()});
    // 600,000 packets in one record: 10,000 packets/s for the last minute.
    for (int minute = 0; minute < 10; ++minute) {
        const auto record = long_flow(600'000, seconds(60), simulation.tick_end());
        simulation.detector.ingest(0).add({&record, 1});
        simulation.run(seconds(60), {});
    }
    EXPECT_THAT(simulation.recorder.findings, IsEmpty());
    std::uint64_t packets = 0;
    for (const auto& report : simulation.recorder.reports) {
        for (const auto& point : report.traffic) {
            packets += point.rate.packets_per_s * report.interval_ms / 1000;
        }
    }
    EXPECT_NEAR(static_cast<double>(packets), 6'000'000, 60'000) << "every packet is counted once";
}

TEST(DetectorLongFlows, AddUpToTheirTrueRateWhenTheyAreReportedApart) {
    Simulation simulation;
    simulation.set_policies({one_limit()});
    // 30 flows of 1,000 packets/s each, one of them reported every two seconds.
    base::Duration taken{};
    while (simulation.recorder.findings.empty() && taken < minutes(3)) {
        const auto record = long_flow(60'000, seconds(60), simulation.tick_end());
        simulation.detector.ingest(0).add({&record, 1});
        taken += simulation.run(seconds(2), {});
    }
    EXPECT_GE(taken, seconds(38)) << "20 of them make the limit";
    EXPECT_LE(taken, seconds(44));
    simulation.run(seconds(58), {});
    EXPECT_EQ(simulation.recorder.findings.back().vectors.front().vector, AttackVector::udp);
}

TEST(DetectorLongFlows, ThatAreStrongAreFoundWhenTheyAreReported) {
    Simulation simulation;
    simulation.set_policies({one_limit()});
    simulation.run(seconds(5), {});
    const auto record = long_flow(2 * limit * 60, seconds(60), simulation.tick_end());
    simulation.detector.ingest(0).add({&record, 1});
    simulation.run(milliseconds(200), {});
    ASSERT_THAT(simulation.recorder.opened(), SizeIs(1));
    EXPECT_NEAR(static_cast<double>(simulation.recorder.opened().front().current.packets_per_s), 2.0 * limit,
                100);
}

TEST(DetectorLongFlows, HaveALimitThatIsCounted) {
    DetectorConfig config;
    config.max_long_flows = 10;
    Simulation simulation(config);
    simulation.set_policies({one_limit()});
    for (int i = 0; i < 15; ++i) {
        const auto record = long_flow(60'000, seconds(60), simulation.tick_end());
        simulation.detector.ingest(0).add({&record, 1});
    }
    simulation.run(seconds(1), {});
    EXPECT_EQ(simulation.loss("long_flow_limit"), 5U);
}

TEST(DetectorLimits, CountersThatOverflowInATickStayExact) {
    Simulation simulation;
    simulation.set_policies({one_limit()});
    auto record = long_flow(3'000'000'000, seconds(0), simulation.tick_end());
    record.bytes = 3'000'000'000;
    for (int i = 0; i < 4; ++i) simulation.detector.ingest(0).add({&record, 1});
    simulation.run(seconds(1), {});
    ASSERT_THAT(simulation.recorder.reports, SizeIs(1));
    ASSERT_THAT(simulation.recorder.reports[0].traffic, SizeIs(1));
    EXPECT_EQ(simulation.recorder.reports[0].traffic[0].rate.packets_per_s, 12'000'000'000U);
}

TEST(DetectorLimits, AFullHostTableKeepsPrefixesExactAndStillFindsTheVictim) {
    DetectorConfig config;
    config.max_hosts = 1024;
    Simulation simulation(config);
    simulation.set_policies(
        {policy(1, "2001:db8::/48",
                {packets_threshold("flood", limit),
                 packets_threshold("carpet", 1'000'000, AttackVector::total, CountScope::prefix)})});
    Stream random = udp_flood("2001:db8::", 100'000);
    random.like.source = address("2001:db8:ffff::1");
    random.destinations = 1'000'000'000;
    random.records = 5000;
    simulation.run(seconds(10), {random});
    EXPECT_GT(simulation.loss("host_table_full"), 10'000U);
    EXPECT_LE(simulation.detector.stats().hosts, 1024U);
    EXPECT_EQ(simulation.recorder.reports.back().traffic.at(0).rate.packets_per_s, 100'000U);
    EXPECT_THAT(simulation.recorder.findings, IsEmpty());
    Stream attack = random;
    attack.destinations = 1;
    attack.like.destination = address("2001:db8::dead");
    const auto taken =
        simulation.run(seconds(20), {random, attack}, [&] { return !simulation.recorder.findings.empty(); });
    EXPECT_LE(taken, seconds(2));
    ASSERT_THAT(simulation.recorder.opened(), SizeIs(1));
    EXPECT_EQ(simulation.recorder.opened().front().target, prefix("2001:db8::dead"));
}

TEST(DetectorLimits, QuietHostsAreForgotten) {
    DetectorConfig config;
    config.host_idle_ms = 5'000;
    Simulation simulation(config);
    simulation.set_policies({one_limit()});
    Stream many = udp_flood("192.0.2.0", 5'000);
    many.destinations = 256;
    many.records = 100;
    simulation.run(seconds(5), {many});
    EXPECT_EQ(simulation.detector.stats().hosts, 256U);
    simulation.run(seconds(10), {udp_flood(victim, 100)});
    EXPECT_EQ(simulation.detector.stats().hosts, 1U);
    simulation.run(seconds(2), {many});
    EXPECT_EQ(simulation.detector.stats().hosts, 256U);
}

TEST(DetectorLimits, OpenFindingsAndWatchesAreBounded) {
    DetectorConfig config;
    config.max_open_findings = 10;
    config.max_watches = 5;
    Simulation simulation(config);
    simulation.set_policies({policy(1, "192.0.2.0/24", {packets_threshold("flood", 1'000)})});
    Stream many = udp_flood("192.0.2.0", 1'000'000);
    many.destinations = 256;
    many.records = 1000;
    simulation.run(seconds(3), {many});
    EXPECT_EQ(simulation.detector.stats().findings_open, 10U);
    EXPECT_GT(simulation.loss("finding_limit"), 0U);
    EXPECT_GT(simulation.loss("watch_limit"), 0U);
}

TEST(DetectorPolicy, ChangesUnderAnAttack) {
    Simulation simulation;
    simulation.set_policies({one_limit()});
    simulation.run(seconds(3), {udp_flood(victim, 2 * limit)});
    ASSERT_THAT(simulation.recorder.opened(), SizeIs(1));
    // Another tenant comes: the finding lives on.
    simulation.set_policies({policy(2, "198.51.100.0/24", {}), one_limit()});
    simulation.run(seconds(3), {udp_flood(victim, 2 * limit)});
    EXPECT_THAT(simulation.recorder.opened(), SizeIs(1));
    EXPECT_THAT(simulation.recorder.closed(), IsEmpty());
    EXPECT_NEAR(static_cast<double>(simulation.detector.open_findings().at(0).current.packets_per_s),
                2.0 * limit, limit / 20.0);
    // A higher limit: it ends after the hold-down.
    simulation.set_policies({policy(1, "192.0.2.0/24", {packets_threshold("flood", 5 * limit)})});
    simulation.run(seconds(12), {udp_flood(victim, 2 * limit)});
    EXPECT_THAT(simulation.recorder.closed(), SizeIs(1));
}

TEST(DetectorPolicy, AnAddressThatIsNobodysAnyMoreHasNoFinding) {
    Simulation simulation;
    simulation.set_policies(
        {policy(1, "192.0.2.0/24",
                {packets_threshold("flood", limit),
                 packets_threshold("carpet", limit, AttackVector::total, CountScope::prefix)})});
    Stream carpet = udp_flood("192.0.2.0", 10 * limit);
    carpet.destinations = 256;
    carpet.records = 300;
    simulation.run(seconds(3), {udp_flood(victim, 2 * limit), carpet});
    EXPECT_THAT(simulation.recorder.opened(), SizeIs(2));
    simulation.set_policies({policy(1, "192.0.2.0/29", {packets_threshold("flood", limit)})});
    EXPECT_THAT(simulation.recorder.closed(), SizeIs(2));
    simulation.run(seconds(3), {udp_flood(victim, 2 * limit)});
    EXPECT_THAT(simulation.recorder.opened(), SizeIs(2));
    EXPECT_THAT(simulation.detector.open_findings(), IsEmpty());
    EXPECT_GT(simulation.detector.stats().records_outside, 0U);
}

TEST(DetectorPolicy, AnAddressThatChangesHandsIsTheNewTenants) {
    Simulation simulation;
    simulation.set_policies({one_limit()});
    simulation.run(seconds(3), {udp_flood(victim, 2 * limit)});
    simulation.set_policies({policy(2, "192.0.2.0/24", {packets_threshold("theirs", limit)})});
    EXPECT_THAT(simulation.recorder.closed(), SizeIs(1));
    simulation.run(seconds(3), {udp_flood(victim, 2 * limit)});
    ASSERT_THAT(simulation.recorder.opened(), SizeIs(2));
    EXPECT_EQ(simulation.recorder.opened().back().tenant, model::TenantId(2));
    EXPECT_EQ(simulation.recorder.opened().back().rule.threshold, "theirs");
}

TEST(DetectorPolicy, ManyChangesUnderLoadLoseNothing) {
    DetectorConfig config;
    config.max_hosts = 2048;
    Simulation simulation(config);
    Stream many = udp_flood("192.0.2.0", 50'000);
    many.destinations = 1024;
    many.records = 500;
    many.sources = 1 << 20;
    for (int round = 0; round < 200; ++round) {
        const char* const shape = round % 3 == 0   ? "192.0.0.0/16"
                                  : round % 3 == 1 ? "192.0.2.0/23"
                                                   : "192.0.4.0/23";
        simulation.set_policies({policy(1, shape, {packets_threshold("flood", 100 + round % 7)})});
        simulation.run(milliseconds(500), {many});
    }
    EXPECT_LE(simulation.detector.stats().hosts, 1024U);
    EXPECT_EQ(simulation.loss("host_table_full"), 0U);
    EXPECT_GT(simulation.recorder.closed().size(), 100U);
}

// For ThreadSanitizer, and to see that nothing is counted twice or lost between threads.
TEST(DetectorThreads, CountWhileTheyAreEmptied) {
    base::SystemClock clock;
    base::SeededRandom random(1);
    Recorder recorder;
    DetectorConfig config;
    config.shards = 2;
    config.tick_ms = 10;
    config.report_ms = 100;
    Detector detector(config, {clock, random, recorder, recorder});
    detector.set_policies({policy(1, "192.0.2.0/24", {packets_threshold("flood", 1'000)})}, 1);
    detector.tick();
    ASSERT_TRUE(detector.start().has_value());
    constexpr int batches = 400;
    const auto feed = [&](std::size_t shard) {
        std::vector<model::FlowRecord> batch(50);
        for (int i = 0; i < batches; ++i) {
            for (std::size_t k = 0; k < batch.size(); ++k) {
                batch[k] =
                    udp_flood("192.0.2." + std::to_string((static_cast<std::size_t>(i) + k) % 256), 0).like;
                batch[k].packets = 3;
                batch[k].bytes = 300;
                batch[k].reported_by = model::FlowSource::packet;
            }
            detector.ingest(shard).add(batch);
            if (i % 20 == 0) std::this_thread::sleep_for(milliseconds(1));
        }
    };
    std::thread one(feed, 0);
    std::thread two(feed, 1);
    for (int i = 0; i < 20; ++i) {
        (void)detector.open_findings();
        (void)detector.stats();
        (void)detector.save_baselines();
        std::this_thread::sleep_for(milliseconds(2));
    }
    one.join();
    two.join();
    std::this_thread::sleep_for(milliseconds(300));
    detector.stop();
    EXPECT_EQ(detector.stats().records, 2U * batches * 50);
    double packets = 0;
    for (const auto& report : recorder.reports) {
        for (const auto& point : report.traffic) {
            packets += static_cast<double>(point.rate.packets_per_s) * report.interval_ms / 1000;
        }
    }
    EXPECT_NEAR(packets, 2.0 * batches * 50 * 3, 2.0 * batches * 50 * 3 * 0.05)
        << "report intervals are rounded";
}

}  // namespace
}  // namespace sluice::detection
