// Attacks that begin at the same moment: stored, programmed and told together.
#include <gtest/gtest.h>

#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include "mitigation/response_world.hpp"

namespace sluice::mitigation {
namespace {

constexpr std::size_t many = 100;

std::vector<model::Incident> attacks() {
    std::vector<model::Incident> all;
    for (std::size_t i = 0; i < many; ++i) {
        all.push_back(incident_of(i + 1, {finding_of(1, "192.0.2." + std::to_string(i))}));
    }
    return all;
}

class ManyIncidents : public ::testing::Test {
  protected:
    ManyIncidents() { world_.start(); }
    World world_;
};

TEST_F(ManyIncidents, OneWriteAndOneProgramPutThemInForce) {
    world_.service->on_incidents(attacks());
    EXPECT_EQ(world_.service->in_force().size(), many);
    EXPECT_EQ(world_.repository.creates, 1);
    EXPECT_EQ(world_.programs.sent, 1);
    EXPECT_EQ(world_.programs.by_tenant.at(model::TenantId(1)).targets.size(), many);
    EXPECT_EQ(world_.observer.calls, 1) << "what waits is told at once";
    EXPECT_EQ(world_.audit.entries.size(), many);
    world_.report();
    world_.announcements->step();
    EXPECT_EQ(world_.routes().size(), many);
    world_.service->tick();
    EXPECT_EQ(world_.observer.calls, 2);
    for (const auto& attack : attacks()) {
        const std::string target = attack.target.to_string();
        EXPECT_EQ(world_.observer.count("activated " + target), 1U) << target;
        EXPECT_EQ(world_.observer.count("announced " + target), 1U) << target;
    }
}

TEST_F(ManyIncidents, OneThatIsThereAlreadyKeepsNoOtherFromTheStore) {
    world_.repository.fail_after = true;
    world_.service->on_incident(attacks().at(7));
    world_.repository.fail_after = false;
    ASSERT_TRUE(world_.service->in_force().empty());
    world_.service->on_incidents(attacks());
    EXPECT_EQ(world_.service->in_force().size(), many);
    EXPECT_EQ(world_.stored().size(), many);
}

TEST_F(ManyIncidents, NothingTakesEffectThatIsNotStored) {
    world_.repository.fail_before = true;
    world_.service->on_incidents(attacks());
    EXPECT_TRUE(world_.service->in_force().empty());
    EXPECT_EQ(world_.programs.sent, 0);
    EXPECT_TRUE(world_.observer.alarms.contains("store-failed"));
    world_.repository.fail_before = false;
    world_.service->on_incidents(attacks());
    EXPECT_EQ(world_.service->in_force().size(), many);
    EXPECT_FALSE(world_.observer.alarms.contains("store-failed"));
}

TEST_F(ManyIncidents, LimitsCountWhatBeginsAtTheSameMoment) {
    world_.config.limits.max_active_per_tenant = 10;
    world_.restart();
    world_.service->on_incidents(attacks());
    EXPECT_EQ(world_.service->in_force().size(), 10U);
    EXPECT_EQ(world_.observer.refusals.size(), many - 10);
    EXPECT_TRUE(world_.observer.alarms.contains("limit-reached"));
}

TEST_F(ManyIncidents, OneTargetOfSeveralIncidentsIsDivertedOnce) {
    auto twice = attacks();
    twice.push_back(incident_of(many + 1, {finding_of(1, "192.0.2.5", model::AttackVector::dns)}));
    world_.service->on_incidents(twice);
    EXPECT_EQ(world_.service->in_force().size(), many);
}

}  // namespace
}  // namespace sluice::mitigation
