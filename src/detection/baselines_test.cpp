#include "detection/baselines.hpp"

#include <gtest/gtest.h>

#include "detection/judge.hpp"

namespace sluice::detection {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

// Monday, 2026-11-16 00:00 UTC.
const base::Timestamp monday{std::chrono::sys_days(std::chrono::year(2026) / 11 / 16)};

void live(Baseline& baseline, base::Timestamp from, base::Duration length, float packets) {
    for (base::Timestamp at = from; at < from + length; at += minutes(1)) {
        baseline.sample(at, {packets, packets * 100});
    }
}

TEST(HourOfWeek, BeginsOnMonday) {
    EXPECT_EQ(hour_of_week(monday), 0U);
    EXPECT_EQ(hour_of_week(monday + hours(25)), 25U);
    EXPECT_EQ(hour_of_week(monday - minutes(1)), 167U);
}

TEST(Baseline, KnowsNothingAtFirst) {
    Baseline baseline;
    EXPECT_FALSE(baseline.expected(monday).has_value());
    live(baseline, monday, minutes(59), 1000);
    EXPECT_FALSE(baseline.expected(monday).has_value()) << "the hour is not over";
}

TEST(Baseline, LearnsMedianAndDeviationOfAnHour) {
    Baseline baseline;
    for (int minute = 0; minute < 60; ++minute) {
        // One wild minute in ten changes nothing.
        const float packets = minute % 10 == 0 ? 1e6F : 1000.0F + static_cast<float>(minute % 3 - 1) * 100;
        baseline.sample(monday + minutes(minute), {packets, packets * 100});
    }
    baseline.sample(monday + hours(1), {1000, 0});
    const auto usual = baseline.expected(monday + minutes(30));
    ASSERT_TRUE(usual.has_value());
    EXPECT_NEAR(usual->median_packets, 1000, 100);
    EXPECT_NEAR(usual->mad_packets, 100, 1);
}

TEST(Baseline, TakesTheHighestOfTheSameHourWhenADayIsNew) {
    Baseline baseline;
    live(baseline, monday + hours(12), hours(1), 1000);
    live(baseline, monday + hours(36), hours(1), 3000);
    baseline.sample(monday + hours(37), {0, 0});
    const auto usual = baseline.expected(monday + hours(60) + minutes(30));
    ASSERT_TRUE(usual.has_value());
    EXPECT_FLOAT_EQ(usual->median_packets, 3000);
    EXPECT_FALSE(baseline.expected(monday + hours(66)).has_value());
}

TEST(Baseline, GoesFromHourToHourWithoutASteP) {
    Baseline baseline;
    live(baseline, monday, hours(1), 1000);
    live(baseline, monday + hours(1), hours(1), 3000);
    baseline.sample(monday + hours(2), {0, 0});
    EXPECT_FLOAT_EQ(baseline.expected(monday + minutes(30))->median_packets, 1000);
    EXPECT_NEAR(baseline.expected(monday + minutes(59))->median_packets, 2000, 50);
    EXPECT_NEAR(baseline.expected(monday + minutes(61))->median_packets, 2000, 50);
    EXPECT_FLOAT_EQ(baseline.expected(monday + minutes(90))->median_packets, 3000);
}

TEST(Baseline, BlendsWeeksSoThatOldOnesFade) {
    Baseline baseline;
    const auto week = hours(hours_of_week);
    live(baseline, monday, hours(1), 1000);
    for (int i = 1; i <= 12; ++i) live(baseline, monday + i * week, hours(1), 2000);
    baseline.sample(monday + 13 * week, {0, 0});
    EXPECT_NEAR(baseline.expected(monday + minutes(30))->median_packets, 2000, 60);
}

TEST(Baselines, AreBoundedAndComeBackFromJson) {
    Baselines baselines(2);
    const auto key = [](std::uint64_t tenant) {
        return BaselineKey{model::TenantId(tenant), model::CountScope::prefix,
                           model::TrafficDirection::outbound, model::AttackVector::tcp_syn,
                           net::Prefix::parse("2001:db8::/48").value()};
    };
    for (std::uint64_t tenant : {1U, 2U}) {
        Baseline* baseline = baselines.obtain(key(tenant));
        ASSERT_NE(baseline, nullptr);
        live(*baseline, monday, hours(3), 1000.0F * static_cast<float>(tenant));
    }
    EXPECT_EQ(baselines.obtain(key(3)), nullptr);
    EXPECT_EQ(baselines.began(model::TenantId(1), monday), monday);
    Baselines again(2);
    ASSERT_TRUE(again.from_json(baselines.to_json()).has_value());
    EXPECT_EQ(again.size(), 2U);
    EXPECT_EQ(again.began(model::TenantId(1), monday + hours(5)), monday);
    ASSERT_NE(again.find(key(2)), nullptr);
    EXPECT_FLOAT_EQ(again.find(key(2))->expected(monday + minutes(30))->median_packets, 2000);
    Baselines small(1);
    ASSERT_TRUE(small.from_json(baselines.to_json()).has_value());
    EXPECT_EQ(small.size(), 1U);
}

TEST(RobustLimit, HasAFloorUnderTheDeviation) {
    EXPECT_DOUBLE_EQ(limit_from(1000, 0, 3.5), 1000 + 3.5 / 0.6745 * 100);
    EXPECT_DOUBLE_EQ(limit_from(1000, 500, 3.5), 1000 + 3.5 / 0.6745 * 500);
    EXPECT_DOUBLE_EQ(limit_from(0, 0, 3.5), 0);
}

}  // namespace
}  // namespace sluice::detection
