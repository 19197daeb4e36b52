#include "mitigation/guard_levels.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "base/random.hpp"
#include "mitigation/target_traffic.hpp"

namespace sluice::mitigation {
namespace {

using model::GuardLevel;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr model::TrafficRate limits{1'000, 0};

GuardedTraffic traffic(std::uint64_t received, std::uint64_t passed, double loss = 0) {
    return {{received, received * 800}, {passed, passed * 800}, loss};
}

class Levels : public ::testing::Test {
  protected:
    // The same traffic for a while. How long until the level changed first; nothing if it did not.
    std::optional<milliseconds> run(milliseconds span, const std::optional<GuardedTraffic>& now_passes) {
        std::optional<milliseconds> first;
        for (milliseconds t{0}; t < span; t += milliseconds(100)) {
            now_ += milliseconds(100);
            if (levels_.step(now_passes, limits, open_, now_) && !first) first = t + milliseconds(100);
        }
        return first;
    }
    base::Instant now_{seconds(1000)};
    bool open_ = false;  // for the detector
    GuardLevels levels_{{}, {}, {}, now_};
};

TEST_F(Levels, RiseWhenAttackTrafficComesThroughForTwoSeconds) {
    const auto rose = run(seconds(5), traffic(50'000, 5'000));
    ASSERT_TRUE(rose);
    EXPECT_GE(*rose, seconds(2));
    EXPECT_LE(*rose, milliseconds(2'200));
    EXPECT_EQ(levels_.level(), GuardLevel::strong);
    EXPECT_EQ(levels_.changes(), 1U);
}

TEST_F(Levels, StayWhileTheAttackIsHeldOff) {
    EXPECT_FALSE(run(std::chrono::minutes(30), traffic(50'000, 200)));
    EXPECT_EQ(levels_.level(), GuardLevel::basic);
}

TEST_F(Levels, FallOneAtATimeWhenTheAttackIsOver) {
    (void)run(seconds(3), traffic(50'000, 5'000));
    ASSERT_EQ(levels_.level(), GuardLevel::strong);
    const auto fell = run(seconds(45), traffic(200, 200));
    ASSERT_TRUE(fell);
    EXPECT_GE(*fell, seconds(30));
    EXPECT_EQ(levels_.level(), GuardLevel::basic);
    (void)run(seconds(30), traffic(200, 200));
    EXPECT_EQ(levels_.level(), GuardLevel::analysis);
    EXPECT_FALSE(run(seconds(300), traffic(200, 200)));
    // From analysis the way up is one level at a time, too.
    (void)run(milliseconds(2'300), traffic(50'000, 50'000));
    EXPECT_EQ(levels_.level(), GuardLevel::basic);
    (void)run(milliseconds(2'300), traffic(50'000, 50'000));
    EXPECT_EQ(levels_.level(), GuardLevel::strong);
}

TEST_F(Levels, NothingFallsToAnalysisBeforeTheDetectorSaysThatItIsOver) {
    open_ = true;
    (void)run(seconds(3), traffic(50'000, 5'000));
    (void)run(seconds(300), traffic(200, 200));
    EXPECT_EQ(levels_.level(), GuardLevel::basic);
    open_ = false;
    const auto fell = run(seconds(45), traffic(200, 200));
    ASSERT_TRUE(fell);
    EXPECT_GE(*fell, seconds(30)) << "from then on";
    EXPECT_EQ(levels_.level(), GuardLevel::analysis);
}

TEST_F(Levels, HoldOverTwoPeriodsOfAWave) {
    (void)run(seconds(3), traffic(50'000, 5'000));
    // 20 s on, 60 s off: 80 s a period.
    for (int wave = 0; wave < 3; ++wave) {
        (void)run(seconds(20), traffic(50'000, 100));
        if (wave < 2) (void)run(seconds(60), traffic(100, 100));
    }
    EXPECT_EQ(levels_.hold_down(), seconds(160));
    const auto fell = run(seconds(300), traffic(100, 100));
    ASSERT_TRUE(fell);
    EXPECT_GE(*fell, seconds(160));
}

TEST_F(Levels, LossOfVerifiedSendersShortensTheWaitAfterAnAttackOnly) {
    (void)run(seconds(3), traffic(50'000, 5'000));
    EXPECT_FALSE(run(seconds(60), traffic(50'000, 100, 0.2))) << "the attack goes on";
    const auto fell = run(seconds(10), traffic(100, 100, 0.2));
    ASSERT_TRUE(fell);
    EXPECT_LE(*fell, milliseconds(5'200));
}

TEST_F(Levels, NothingIsDoneOnNothingKnown) {
    EXPECT_FALSE(run(seconds(600), std::nullopt));
    (void)run(milliseconds(1'500), traffic(50'000, 5'000));
    (void)run(milliseconds(200), std::nullopt);
    EXPECT_FALSE(run(milliseconds(1'900), traffic(50'000, 5'000))) << "two seconds without a gap";
    for (int i = 0; i < 1'000; ++i) {
        now_ += milliseconds(100);
        EXPECT_FALSE(levels_.step(traffic(50'000, 5'000), {}, false, now_)) << "without limits";
    }
}

TEST(GuardLevelsConfig, IsChecked) {
    EXPECT_TRUE(validate(GuardLevelsConfig{}));
    GuardLevelsConfig config;
    config.rise_after_ms = 0;
    EXPECT_FALSE(validate(config));
    config = {};
    config.fall_after_ms = config.longest_ms + 1;
    EXPECT_FALSE(validate(config));
    config = {};
    config.loss_share = 0;
    EXPECT_FALSE(validate(config));
}

// Whatever is reported: one level at a time, up only on what comes through, down only on what arrives, and
// the changes become rare. The judge keeps his own book of the traffic.
TEST(GuardLevelsProperty, NeverSwing) {
    std::uint64_t changes_seen = 0;
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        base::SeededRandom random(seed);
        const auto below = [&](std::uint64_t n) { return random.next() % n; };
        model::MitigationGuard guard;
        guard.level = static_cast<GuardLevel>(below(3));
        base::Instant now{seconds(10'000)};
        const GuardLevelsConfig config;
        GuardLevels levels(config, guard, {}, now);
        std::vector<base::Instant> falls;
        base::Instant through_from = now;
        base::Instant calm_from = now;
        // Some attackers watch the level: they come when it is low and go when it is high.
        const bool cunning = below(2) == 0;
        for (int step = 0; step < 3'000; ++step) {
            const auto before = levels.level();
            const bool attacks = cunning ? before != GuardLevel::strong : below(4) == 0;
            std::optional<GuardedTraffic> moment =
                traffic(attacks ? 100'000 : below(2'000), 0, below(3) == 0 ? 0.5 : 0.0);
            const bool leaks = before != GuardLevel::strong || below(2) == 0;
            moment->passed = leaks ? moment->received : model::TrafficRate{};
            if (below(50) == 0) moment.reset();
            const bool open = below(2) == 0;
            const auto lasts = below(8) == 0 ? below(400) : below(20);
            for (std::uint64_t tick = 0; tick <= lasts; ++tick) {
                now += milliseconds(200);
                const bool through = moment && moment->passed.packets_per_s > limits.packets_per_s;
                const bool calm = moment && moment->received.packets_per_s <= limits.packets_per_s;
                const auto was = levels.level();
                const bool changed = levels.step(moment, limits, open, now);
                ASSERT_EQ(changed, was != levels.level());
                if (changed) {
                    ++changes_seen;
                    const int by = static_cast<int>(levels.level()) - static_cast<int>(was);
                    ASSERT_EQ(by * by, 1) << "one level at a time";
                    if (by > 0) {
                        ASSERT_TRUE(through);
                        ASSERT_GE(now - through_from, milliseconds(config.rise_after_ms));
                    } else {
                        ASSERT_TRUE(calm);
                        ASSERT_TRUE(!open || levels.level() == GuardLevel::basic);
                        ASSERT_GE(now - calm_from, milliseconds(config.fall_after_loss_ms));
                        falls.push_back(now);
                    }
                    through_from = calm_from = now;
                }
                if (!through) through_from = now;
                if (!calm) calm_from = now;
            }
        }
        // The n-th fall cannot come before the doubled times of those before it are over.
        base::Duration least = milliseconds(config.rise_after_ms);
        for (std::size_t i = 1; i < falls.size(); ++i) {
            least = std::min<base::Duration>(2 * least, milliseconds(config.longest_ms));
            if (falls[i] - falls[i - 1] < least) {
                // Between two falls in a row there is no rise: each needs its own doubled time all the same.
                FAIL() << "seed " << seed << ": fall " << i << " came too soon";
            }
        }
        ASSERT_LE(levels.changes(), 3'000U);
    }
    EXPECT_GT(changes_seen, 300U);
}

model::GatewayReport report(const std::string& gateway, std::uint64_t in, std::uint64_t passed) {
    model::GatewayReport report;
    report.name = gateway;
    model::TargetCounters counters;
    counters.mitigation = model::MitigationId(7);
    counters.in = {in, in * 100};
    counters.passed = {passed, passed * 100};
    counters.verified_in = {passed, passed * 100};
    counters.verified_dropped = {passed / 10, passed * 10};
    report.targets = {counters};
    return report;
}

TEST(TargetTraffic, IsTheGrowthOverAllGateways) {
    TargetTraffic traffic;
    const model::MitigationId id(7);
    base::Instant now{seconds(10)};
    traffic.add(report("guard-1", 1, 1), now);
    EXPECT_FALSE(traffic.of(id, now)) << "nobody asked";
    traffic.watch(id);
    for (std::uint64_t i = 1; i <= 10; ++i) {
        traffic.add(report("guard-1", 1'000 * i, 100 * i), now);
        traffic.add(report("guard-2", 500 * i, 0), now);
        now += milliseconds(100);
    }
    const auto sum = traffic.of(id, now);
    ASSERT_TRUE(sum);
    EXPECT_EQ(sum->received.packets_per_s, 15'000U);
    EXPECT_EQ(sum->passed.packets_per_s, 1'000U);
    EXPECT_EQ(sum->passed.bits_per_s, 800'000U);
    EXPECT_NEAR(sum->verified_loss, 0.1, 1e-9);
    EXPECT_FALSE(traffic.of(id, now + seconds(2))) << "what nobody reports is not known";
    traffic.forget(id);
    EXPECT_FALSE(traffic.of(id, now));
}

TEST(TargetTraffic, OfARestartedGatewayBeginsAnew) {
    TargetTraffic traffic;
    const model::MitigationId id(7);
    traffic.watch(id);
    base::Instant now{seconds(10)};
    traffic.add(report("guard-1", 1'000'000, 1'000'000), now);
    now += milliseconds(200);
    traffic.add(report("guard-1", 10, 10), now);
    EXPECT_FALSE(traffic.of(id, now));
    now += milliseconds(200);
    traffic.add(report("guard-1", 30, 10), now);
    const auto rate = traffic.of(id, now);
    ASSERT_TRUE(rate);
    EXPECT_EQ(rate->received.packets_per_s, 100U);
}

}  // namespace
}  // namespace sluice::mitigation
