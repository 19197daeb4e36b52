#include "api/system/platform_health.hpp"

#include <gtest/gtest.h>

namespace sluice::api::system {
namespace {

using namespace std::chrono_literals;
using model::MitigationId;

class Health : public ::testing::Test {
  protected:
    model::GatewayReport report(std::uint64_t in, std::uint64_t dropped) {
        model::GatewayReport report;
        report.name = "guard-1";
        report.started_at = base::Timestamp{1000s};
        report.at = clock_.wall();
        report.generation = 7;
        model::TargetCounters target;
        target.tenant = model::TenantId(1);
        target.mitigation = MitigationId(5);
        target.target = *net::Prefix::parse("192.0.2.10/32");
        target.in = {in, in * 100};
        target.dropped = {dropped, dropped * 100};
        target.passed = {in - dropped, (in - dropped) * 100};
        report.targets = {target};
        return report;
    }

    base::ManualClock clock_;
    PlatformHealth health_{{}, clock_};
};

TEST_F(Health, RatesAreTheGrowthOfCounters) {
    for (std::uint64_t i = 0; i <= 10; ++i) {
        health_.on_gateway_report(report(i * 200, i * 150));
        clock_.advance(200ms);
    }
    const auto counters = health_.counters(MitigationId(5));
    ASSERT_TRUE(counters);
    EXPECT_EQ(counters->total.in.packets, 2000U);
    EXPECT_EQ(counters->received.packets_per_s, 1000U);
    EXPECT_EQ(counters->dropped.packets_per_s, 750U);
    EXPECT_EQ(counters->passed.bits_per_s, 250U * 800U);
    const auto gateways = health_.gateways();
    ASSERT_EQ(gateways.size(), 1U);
    EXPECT_TRUE(gateways[0].up);
    EXPECT_EQ(gateways[0].targets, 1U);
    EXPECT_EQ(gateways[0].received.packets_per_s, 1000U);
}

TEST_F(Health, HowFarAProgramHasComeIsKnown) {
    EXPECT_EQ(health_.spread_of(model::TenantId(1)).gateways, 0U);
    health_.set_wanted(8, 0);
    health_.on_gateway_report(report(1, 0));
    EXPECT_EQ(health_.spread_of(model::TenantId(1)).behind, 1U);
    auto next = report(1, 0);
    next.generation = 8;
    next.refused = {{model::TenantId(1), 8, 7, "wrong"}};
    health_.on_gateway_report(next);
    EXPECT_EQ(health_.spread_of(model::TenantId(1)).behind, 0U);
    EXPECT_EQ(health_.spread_of(model::TenantId(1)).refused, 1U);
    EXPECT_EQ(health_.spread_of(model::TenantId(2)).refused, 0U);
    clock_.advance(801ms);
    EXPECT_EQ(health_.spread_of(model::TenantId(1)).gateways, 0U);
}

TEST_F(Health, ASilentGatewayIsDown) {
    health_.on_gateway_report(report(1, 0));
    clock_.advance(801ms);
    EXPECT_FALSE(health_.gateways()[0].up);
    EXPECT_EQ(health_.gateways()[0].received.packets_per_s, 0U);
}

TEST_F(Health, ARestartDoesNotMakeNegativeOrLostCounts) {
    health_.on_gateway_report(report(1000, 500));
    clock_.advance(200ms);
    auto reborn = report(10, 5);
    reborn.started_at = clock_.wall();
    health_.on_gateway_report(reborn);
    clock_.advance(200ms);
    const auto counters = health_.counters(MitigationId(5));
    ASSERT_TRUE(counters);
    EXPECT_EQ(counters->total.in.packets, 1010U);
    EXPECT_EQ(counters->received.packets_per_s, 0U) << "one report of the new life gives no rate";
}

TEST_F(Health, CountersOfAnEndedMitigationAreRemembered) {
    health_.on_gateway_report(report(1000, 500));
    clock_.advance(200ms);
    auto without = report(0, 0);
    without.targets.clear();
    health_.on_gateway_report(without);
    ASSERT_TRUE(health_.counters(MitigationId(5)));
    EXPECT_EQ(health_.counters(MitigationId(5))->total.dropped.packets, 500U);
    EXPECT_FALSE(health_.counters(MitigationId(6)));
}

TEST_F(Health, GatewaysAreSummed) {
    health_.on_gateway_report(report(1000, 500));
    auto second = report(100, 50);
    second.name = "guard-2";
    health_.on_gateway_report(second);
    EXPECT_EQ(health_.counters(MitigationId(5))->total.in.packets, 1100U);
}

TEST_F(Health, NoMoreReportersThanTheLimit) {
    PlatformHealth small({.max_gateways = 1, .max_collectors = 1}, clock_);
    auto other = report(1, 0);
    small.on_gateway_report(other);
    other.name = "guard-2";
    small.on_gateway_report(other);
    EXPECT_EQ(small.gateways().size(), 1U);
    model::CollectorReport collector;
    collector.name = "a";
    small.on_collector_report(collector);
    collector.name = "b";
    small.on_collector_report(collector);
    EXPECT_EQ(small.collectors().size(), 1U);
}

}  // namespace
}  // namespace sluice::api::system
