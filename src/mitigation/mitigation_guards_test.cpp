#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mitigation/response_world.hpp"

namespace sluice::mitigation {
namespace {

using namespace std::chrono_literals;
using model::GuardLevel;
using model::TenantScope;
using ::testing::Contains;
using ::testing::HasSubstr;

class Guards : public ::testing::Test {
  protected:
    Guards() {
        world_.start();
        world_.report();
        syn_.findings[0].rule = {"syn-flood", "packets/s", 20'000, 50'000, 0};
        syn_.findings[0].before = {1'000, 8'000'000};
    }
    // The gateway counts for a while.
    void flow(std::chrono::milliseconds span, std::uint64_t received_pps, std::uint64_t passed_pps) {
        for (auto left = span.count(); left > 0; left -= 100) {
            model::TargetCounters counters;
            counters.tenant = model::TenantId(1);
            counters.mitigation = world_.newest().id;
            received_ += received_pps / 10;
            passed_ += passed_pps / 10;
            counters.in = {received_, received_ * 100};
            counters.passed = {passed_, passed_ * 100};
            world_.counters = {counters};
            world_.run(100ms);
        }
    }
    model::MitigationGuard guard() { return world_.newest().guard; }
    GuardLevel enforced() {
        return world_.programs.by_tenant.at(model::TenantId(1)).targets.at(0).profile.level;
    }
    MitigationService::Request by(const std::string& actor) {
        return {world_.newest().id, actor, "because", {}};
    }
    World world_;
    model::Incident syn_ = incident_of(1, {finding_of(1, "192.0.2.10")});
    std::uint64_t received_ = 0;
    std::uint64_t passed_ = 0;
};

TEST_F(Guards, ANewDiversionIsBasicAndStaysSoWhileItHoldsTheAttackOff) {
    world_.attack(syn_);
    flow(20s, 50'000, 900);
    EXPECT_EQ(guard().level, GuardLevel::basic);
    EXPECT_EQ(enforced(), GuardLevel::basic);
    EXPECT_EQ(world_.programs.sent, 1);
}

TEST_F(Guards, WhatComesThroughRaisesTheLevelInTheGateways) {
    world_.attack(syn_);
    flow(5s, 50'000, 30'000);
    EXPECT_EQ(guard().level, GuardLevel::strong);
    EXPECT_EQ(guard().changes, 1U);
    EXPECT_GT(guard().level_since, world_.newest().created_at);
    EXPECT_EQ(enforced(), GuardLevel::strong);
    EXPECT_EQ(world_.programs.sent, 2);
    EXPECT_EQ(world_.observer.count("guard-changed 192.0.2.10/32"), 1U);
    EXPECT_THAT(world_.audit.entries, Contains("auto mitigation.guard-changed mitigation-1"));
    EXPECT_EQ(world_.routes().size(), 1U) << "its route stands all the while";
}

TEST_F(Guards, BelowTheRulesLimitAboveTheUsualNothingRises) {
    world_.attack(syn_);
    flow(10s, 50'000, 20'500);
    EXPECT_EQ(guard().level, GuardLevel::basic);
}

TEST_F(Guards, ANearlyFullLineIsALimitToo) {
    world_.prefixes.line_rate = 10'000'000;
    world_.attack(syn_);
    flow(5s, 50'000, 15'000);  // 12 Mbit/s
    EXPECT_EQ(guard().level, GuardLevel::strong);
}

TEST_F(Guards, TheLevelSurvivesAKillAndFallsAfterwards) {
    world_.attack(syn_);
    flow(5s, 50'000, 30'000);
    world_.restart();
    EXPECT_EQ(guard().level, GuardLevel::strong);
    EXPECT_EQ(enforced(), GuardLevel::strong) << "from the first program on";
    flow(60s, 500, 500);
    EXPECT_EQ(guard().level, GuardLevel::strong)
        << "before the incident is told nothing is known of its limits";
    world_.attack(syn_);
    flow(35s, 500, 500);
    EXPECT_EQ(guard().level, GuardLevel::basic);
    EXPECT_EQ(guard().changes, 2U);
}

TEST_F(Guards, WhatTheDetectorHasNotEndedStaysBasic) {
    world_.attack(syn_);
    flow(100s, 500, 500);
    EXPECT_EQ(guard().level, GuardLevel::basic);
    EXPECT_EQ(world_.programs.sent, 1);
}

TEST_F(Guards, OneThatAPersonHoldsAfterTheAttackFallsToAnalysis) {
    world_.attack(syn_);
    ASSERT_TRUE(world_.service->extend(TenantScope::provider(), by("carol"), world_.clock.wall() + 600s));
    auto ended = syn_;
    ended.state = model::IncidentState::ended;
    ended.findings[0].state = model::FindingState::closed;
    world_.attack(ended);
    flow(25s, 500, 500);
    EXPECT_EQ(guard().level, GuardLevel::basic);
    flow(10s, 500, 500);
    EXPECT_EQ(guard().level, GuardLevel::analysis);
    flow(3s, 50'000, 50'000);
    EXPECT_EQ(guard().level, GuardLevel::basic) << "back before the detector has seen it";
}

TEST_F(Guards, ThatCannotBeStoredDoNotRise) {
    world_.attack(syn_);
    world_.repository.fail_before = true;
    flow(5s, 50'000, 30'000);
    EXPECT_EQ(enforced(), GuardLevel::basic);
    world_.repository.fail_before = false;
    flow(5s, 50'000, 30'000);
    EXPECT_EQ(enforced(), GuardLevel::strong);
}

TEST_F(Guards, APersonPinsTheLevelAndLetsItGo) {
    world_.attack(syn_);
    const auto pinned = world_.service->set_guard(TenantScope::provider(), by("carol"),
                                                  {.level = std::optional(GuardLevel::analysis)});
    ASSERT_TRUE(pinned) << pinned.error().message();
    EXPECT_EQ(pinned->guard.level, GuardLevel::analysis);
    EXPECT_EQ(enforced(), GuardLevel::analysis);
    EXPECT_THAT(world_.audit.entries, Contains("carol mitigation.guard mitigation-1"));
    flow(10s, 50'000, 50'000);
    EXPECT_EQ(guard().level, GuardLevel::analysis) << "as a person wants it";
    world_.restart();
    world_.attack(syn_);
    flow(10s, 50'000, 50'000);
    EXPECT_EQ(guard().level, GuardLevel::analysis);
    ASSERT_TRUE(world_.service->set_guard(TenantScope::provider(), by("carol"),
                                          {.level = std::optional<GuardLevel>()}));
    flow(6s, 50'000, 50'000);
    EXPECT_EQ(guard().level, GuardLevel::strong);
}

TEST_F(Guards, ThePolicysLevelIsKept) {
    world_.prefixes.guard_level = GuardLevel::strong;
    world_.attack(syn_);
    EXPECT_EQ(guard().level, GuardLevel::strong) << "from the first program on";
    EXPECT_EQ(world_.programs.sent, 1);
    flow(60s, 500, 500);
    EXPECT_EQ(guard().level, GuardLevel::strong);
    world_.prefixes.guard_level = GuardLevel::basic;
    flow(1s, 500, 500);
    EXPECT_EQ(guard().level, GuardLevel::basic);
}

TEST_F(Guards, StagesOnlyWatchUntilTheMitigationEnds) {
    world_.attack(syn_);
    const auto set = model::stage_bit(model::Stage::anomaly) | model::stage_bit(model::Stage::rate);
    ASSERT_TRUE(world_.service->set_guard(TenantScope::provider(), by("carol"),
                                          {.watched = static_cast<model::StageSet>(set)}));
    EXPECT_EQ(world_.programs.by_tenant.at(model::TenantId(1)).targets.at(0).profile.monitored, set);
    EXPECT_EQ(guard().level, GuardLevel::basic);
    EXPECT_FALSE(guard().pinned);
    ASSERT_TRUE(world_.service->withdraw(TenantScope::provider(), by("carol")));
    auto again = syn_;
    again.id = model::IncidentId(2);
    world_.attack(again);
    EXPECT_EQ(guard().watched, 0) << "of the next one";
}

TEST_F(Guards, WhatMakesNoSenseIsRefused) {
    world_.attack(syn_);
    const auto code = [](const auto& result) {
        return result ? base::ErrorCode::internal : result.error().code;
    };
    const MitigationService::GuardOrder strong{.level = std::optional(GuardLevel::strong)};
    EXPECT_EQ(code(world_.service->set_guard(TenantScope::of(model::TenantId(2)), by("eve"), strong)),
              base::ErrorCode::not_found);
    EXPECT_EQ(code(world_.service->set_guard(TenantScope::provider(), by("auto"), strong)),
              base::ErrorCode::invalid_argument);
    EXPECT_EQ(code(world_.service->set_guard(TenantScope::provider(), by("carol"),
                                             {.watched = model::stage_bit(model::Stage::filter)})),
              base::ErrorCode::invalid_argument);
    world_.audit.broken = true;
    EXPECT_FALSE(world_.service->set_guard(TenantScope::provider(), by("carol"), strong));
    EXPECT_EQ(enforced(), GuardLevel::basic) << "not without its line in the audit trail";
    world_.audit.broken = false;
    ASSERT_TRUE(world_.service->withdraw(TenantScope::provider(), by("carol")));
    EXPECT_EQ(code(world_.service->set_guard(TenantScope::provider(), by("carol"), strong)),
              base::ErrorCode::conflict);
}

}  // namespace
}  // namespace sluice::mitigation
