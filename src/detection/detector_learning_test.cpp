// Learned thresholds over weeks of virtual time. Benign traffic is generated: a day's curve with noise.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "detection/simulated_traffic.hpp"

namespace sluice::detection {
namespace {

using model::AttackVector;
using std::chrono::hours;
using std::chrono::minutes;
using testing::IsEmpty;
using testing::SizeIs;

const char* const server = "192.0.2.10";

// 250 ms is the longest tick; one record a tick keeps a week short.
DetectorConfig slow_ticks() {
    DetectorConfig config;
    config.tick_ms = 250;
    return config;
}

model::DetectionPolicy learned(model::CountScope scope = model::CountScope::host) {
    model::Threshold threshold = packets_threshold("unusual", 0, AttackVector::total, scope);
    threshold.packets_per_s.reset();
    threshold.learned_z = 3.5;
    threshold.learned_floor_packets_per_s = 1'000;
    return policy(1, "192.0.2.0/24", {threshold});
}

// Night 2,000, day 20,000 packets/s, some per cent of noise from minute to minute.
double of_day(base::Timestamp at, base::Random& random) {
    const auto minute = std::chrono::duration_cast<minutes>(at.time_since_epoch() % hours(24)).count();
    const double phase = (static_cast<double>(minute) / 1440 - 0.25) * 2 * std::numbers::pi;
    const double noise = 0.95 + 0.1 * (static_cast<double>(random.next() >> 11U) * 0x1p-53);
    return (11'000 + 9'000 * std::sin(phase)) * noise;
}

Stream web(double packets_per_s) {
    Stream stream = tcp_stream(server, packets_per_s, 0x18);
    stream.records = 3;
    stream.sources = 5000;
    return stream;
}

void live(Simulation& simulation, base::Duration length) {
    for (base::Duration passed{}; passed < length; passed += minutes(1)) {
        simulation.run(minutes(1), {web(of_day(simulation.tick_end(), simulation.random))});
    }
}

TEST(DetectorLearning, ADaysCurveIsNoAttackAndHalfOfItMoreIs) {
    Simulation simulation(slow_ticks());
    simulation.set_policies({learned()});
    live(simulation, hours(24 * 3));
    EXPECT_THAT(simulation.recorder.findings, IsEmpty()) << "three days, the first of them unknown";
    // At night, what is usual at noon is not.
    const auto minute =
        std::chrono::duration_cast<minutes>(simulation.tick_end().time_since_epoch() % hours(24)).count();
    live(simulation, minutes((1440 + 60 - minute) % 1440));
    EXPECT_THAT(simulation.recorder.findings, IsEmpty());
    simulation.run(seconds(3), {web(12'000)});
    ASSERT_THAT(simulation.recorder.opened(), SizeIs(1));
    const auto rule = simulation.recorder.opened().front().rule;
    EXPECT_EQ(rule.threshold, "unusual");
    EXPECT_GT(rule.usual, 1'000U);
    EXPECT_LT(rule.usual, 4'000U);
    EXPECT_LT(rule.limit, 8'000U);
}

TEST(DetectorLearning, SurvivesARestart) {
    std::string saved;
    base::Duration passed{};
    {
        Simulation simulation(slow_ticks());
        simulation.set_policies({learned()});
        live(simulation, hours(26));
        passed = hours(26);
        saved = simulation.detector.save_baselines();
    }
    Simulation simulation(slow_ticks(), 2);
    ASSERT_TRUE(simulation.detector.load_baselines(saved).has_value());
    EXPECT_EQ(simulation.detector.save_baselines(), saved);
    simulation.clock.advance(passed);
    simulation.set_policies({learned()});
    live(simulation, minutes(10));
    EXPECT_THAT(simulation.recorder.findings, IsEmpty());
    simulation.run(seconds(3), {web(60'000)});
    EXPECT_THAT(simulation.recorder.opened(), SizeIs(1)) << "no day of silence: it was learned before";
}

TEST(DetectorLearning, IsSilentUntilItKnowsADay) {
    Simulation simulation(slow_ticks());
    simulation.set_policies({learned()});
    live(simulation, hours(3));
    simulation.run(minutes(2), {web(500'000)});
    EXPECT_THAT(simulation.recorder.findings, IsEmpty());
}

TEST(DetectorLearning, ASpeedTestIsNoAttack) {
    Simulation simulation(slow_ticks());
    simulation.set_policies({learned()});
    live(simulation, hours(25));
    Stream test = tcp_stream(server, 80'000, 0x10);
    test.sources = 1;
    test.like.source = address("198.51.100.50");
    Stream answers = tcp_stream("198.51.100.50", 20'000, 0x10);
    answers.sources = 1;
    answers.like.source = address(server);
    simulation.run(seconds(30), {web(2'500), test, answers});
    EXPECT_THAT(simulation.recorder.findings, IsEmpty())
        << "one connection, answered: 640 Mbit/s of download";
    simulation.run(minutes(1), {web(2'500)});
    // The same rate from everywhere, unanswered.
    simulation.run(seconds(3), {web(82'500)});
    EXPECT_THAT(simulation.recorder.opened(), SizeIs(1));
}

TEST(DetectorLearning, AQuietHostThatIsFloodedIsFound) {
    Simulation simulation(slow_ticks());
    simulation.set_policies({learned()});
    live(simulation, hours(25));
    simulation.run(seconds(3), {web(2'500), udp_flood("192.0.2.200", 5'000)});
    ASSERT_THAT(simulation.recorder.opened(), SizeIs(1));
    EXPECT_EQ(simulation.recorder.opened().front().target, prefix("192.0.2.200"));
    EXPECT_EQ(simulation.recorder.opened().front().rule.limit, 1'000U) << "the floor";
}

TEST(DetectorLearning, PrefixesAndTenantsLearnToo) {
    for (const auto scope : {model::CountScope::prefix, model::CountScope::tenant}) {
        Simulation simulation(slow_ticks());
        simulation.set_policies({learned(scope)});
        live(simulation, hours(25));
        Stream carpet = udp_flood("192.0.2.0", 100'000);
        carpet.destinations = 256;
        simulation.run(seconds(3), {web(2'500), carpet});
        ASSERT_THAT(simulation.recorder.opened(), SizeIs(1));
        EXPECT_EQ(simulation.recorder.opened().front().scope, scope);
    }
}

TEST(DetectorLearning, RefusesBaselinesThatMakeNoSense) {
    Simulation simulation;
    for (const char* text : {"", "[]", "{}", R"({"version":2,"began":[],"baselines":[]})",
                             R"({"version":1,"began":[[1,-5]],"baselines":[]})",
                             R"({"version":1,"began":[],"baselines":[{"tenant":1}]})",
                             R"({"version":1,"began":[],"baselines":[{"tenant":1,"scope":0,"direction":0,)"
                             R"("vector":"total","target":"192.0.2.1","hours":[[168,1,1,1,1,1]]}]})"}) {
        EXPECT_FALSE(simulation.detector.load_baselines(text).has_value()) << text;
    }
}

}  // namespace
}  // namespace sluice::detection
