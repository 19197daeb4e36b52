#include "mitigation/mitigation_service.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mitigation/response_world.hpp"

namespace sluice::mitigation {
namespace {

using namespace std::chrono_literals;
using model::ConsentMode;
using model::MitigationKind;
using model::MitigationState;
using model::TenantScope;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class Mitigations : public ::testing::Test {
  protected:
    Mitigations() {
        world_.start();
        world_.report();
    }
    MitigationService& service() { return *world_.service; }
    static model::Incident ended(model::Incident incident) {
        incident.state = model::IncidentState::ended;
        for (auto& finding : incident.findings) finding.state = model::FindingState::closed;
        return incident;
    }
    MitigationService::Request by(const std::string& actor) {
        return {world_.newest().id, actor, "because", {}};
    }
    World world_;
    const model::Incident syn_ = incident_of(1, {finding_of(1, "192.0.2.10")});
    const model::Incident asked_ = incident_of(2, {finding_of(2, "198.51.100.10")});
};

TEST_F(Mitigations, AutoConsentDivertsTheHostAtOnce) {
    world_.attack(syn_);
    const auto mitigation = world_.newest();
    EXPECT_EQ(mitigation.state, MitigationState::active);
    EXPECT_EQ(mitigation.actor, "auto");
    EXPECT_EQ(mitigation.target, prefix_of("192.0.2.10/32"));
    EXPECT_EQ(mitigation.expires_at, world_.clock.wall() + 900s);
    EXPECT_THAT(mitigation.vectors, ElementsAre(model::AttackVector::tcp_syn));
    EXPECT_THAT(service().in_force(), SizeIs(1));
    EXPECT_THAT(world_.programs.by_tenant.at(model::TenantId(1)).targets, SizeIs(1));
}

TEST_F(Mitigations, TheSameIncidentAgainDoesNothingNew) {
    for (int i = 0; i < 10; ++i) world_.attack(syn_);
    EXPECT_THAT(world_.stored(), SizeIs(1));
    EXPECT_EQ(world_.programs.sent, 1);
    EXPECT_EQ(world_.observer.count("activated 192.0.2.10/32"), 1U);
}

TEST_F(Mitigations, AnAttackThatChangesItsShapeIsMetByMore) {
    using enum model::AttackVector;
    world_.attack(syn_);
    const auto before = world_.newest();
    auto shifted = syn_;
    shifted.findings[0].vectors = {{tcp_ack, {}}, {dns, {}}};
    world_.attack(shifted);
    world_.attack(shifted);
    world_.attack(syn_);
    EXPECT_THAT(world_.stored(), SizeIs(1));
    EXPECT_EQ(world_.newest().id, before.id);
    EXPECT_THAT(world_.newest().vectors, ElementsAre(tcp_syn, tcp_ack, dns)) << "what was seen may come back";
    EXPECT_EQ(world_.programs.sent, 2) << "once for each shape";
    EXPECT_EQ(world_.newest().expires_at, before.expires_at);
}

TEST_F(Mitigations, WhatIsSeenElsewhereDoesNotChangeADiversion) {
    world_.attack(syn_);
    auto elsewhere = incident_of(1, {finding_of(1, "192.0.2.10"), finding_of(1, "192.0.2.11")});
    elsewhere.findings[1].vectors = {{model::AttackVector::udp, {}}};
    world_.attack(elsewhere);
    for (const auto& mitigation : world_.stored()) {
        if (mitigation.target == prefix_of("192.0.2.10/32")) {
            EXPECT_THAT(mitigation.vectors, ElementsAre(model::AttackVector::tcp_syn));
        }
    }
}

TEST_F(Mitigations, OffMeansNothingButASentence) {
    for (int i = 0; i < 3; ++i) world_.attack(incident_of(3, {finding_of(3, "203.0.113.5")}));
    EXPECT_THAT(world_.stored(), IsEmpty());
    EXPECT_THAT(world_.observer.refusals, ElementsAre(HasSubstr("consent for 203.0.113.0/24 is off")));
}

TEST_F(Mitigations, ATargetOfSomebodyElseIsNeverTouched) {
    world_.attack(incident_of(4, {finding_of(1, "198.51.100.10")}));
    EXPECT_THAT(world_.stored(), IsEmpty());
    EXPECT_THAT(world_.observer.refusals, ElementsAre(HasSubstr("outside of the tenant's prefixes")));
}

TEST_F(Mitigations, AskWaitsForAPersonWhoIsWrittenDown) {
    world_.attack(asked_);
    EXPECT_EQ(world_.newest().state, MitigationState::proposed);
    EXPECT_THAT(service().in_force(), IsEmpty());
    const auto approved = service().approve(TenantScope::of(model::TenantId(2)), by("carol"));
    ASSERT_TRUE(approved) << approved.error().message();
    EXPECT_EQ(approved->state, MitigationState::active);
    EXPECT_EQ(approved->actor, "carol");
    EXPECT_THAT(world_.audit.entries, ElementsAre("auto mitigation.proposed mitigation-1",
                                                  "carol mitigation.approve mitigation-1"));
    EXPECT_THAT(service().in_force(), SizeIs(1));
    const auto twice = service().approve(TenantScope::provider(), by("carol"));
    ASSERT_FALSE(twice);
    EXPECT_EQ(twice.error().code, base::ErrorCode::conflict);
}

TEST_F(Mitigations, AnotherTenantSeesAndChangesNothing) {
    world_.attack(asked_);
    const auto scope = TenantScope::of(model::TenantId(1));
    EXPECT_EQ(service().approve(scope, by("eve")).error().code, base::ErrorCode::not_found);
    EXPECT_EQ(service().withdraw(scope, by("eve")).error().code, base::ErrorCode::not_found);
    EXPECT_EQ(service().extend(scope, by("eve"), world_.clock.wall() + 60s).error().code,
              base::ErrorCode::not_found);
    EXPECT_EQ(service().find(scope, world_.newest().id).error().code, base::ErrorCode::not_found);
    EXPECT_THAT(*service().list(scope, {}), IsEmpty());
    EXPECT_THAT(world_.audit.entries, ElementsAre("auto mitigation.proposed mitigation-1"));
}

TEST_F(Mitigations, AutoIsNoUser) {
    world_.attack(asked_);
    EXPECT_EQ(service().approve(TenantScope::provider(), by("auto")).error().code,
              base::ErrorCode::invalid_argument);
    EXPECT_EQ(service().approve(TenantScope::provider(), by("")).error().code,
              base::ErrorCode::invalid_argument);
}

TEST_F(Mitigations, APersonsActionNeedsItsAuditEntry) {
    world_.attack(asked_);
    world_.audit.broken = true;
    EXPECT_EQ(service().approve(TenantScope::provider(), by("carol")).error().code, base::ErrorCode::io);
    EXPECT_EQ(world_.newest().state, MitigationState::proposed);
}

TEST_F(Mitigations, ARequestForAnOlderVersionIsAConflict) {
    world_.attack(asked_);
    auto request = by("carol");
    request.version = 99;
    EXPECT_EQ(service().approve(TenantScope::provider(), request).error().code, base::ErrorCode::conflict);
    request.version = world_.newest().version;
    EXPECT_TRUE(service().approve(TenantScope::provider(), request));
}

TEST_F(Mitigations, WhatAPersonWithdrewStaysWithdrawnForThisAttackAlsoAfterARestart) {
    world_.attack(syn_);
    ASSERT_TRUE(service().withdraw(TenantScope::provider(), by("carol")));
    world_.attack(syn_);
    EXPECT_THAT(world_.stored(), SizeIs(1));
    world_.restart();
    world_.attack(syn_);
    EXPECT_THAT(world_.stored(), SizeIs(1));
    world_.attack(incident_of(7, {finding_of(1, "192.0.2.10")}));  // the next attack is another matter
    EXPECT_THAT(world_.stored(), SizeIs(2));
}

TEST_F(Mitigations, CoolsAfterTheAttackAndIsWithdrawn) {
    world_.attack(syn_);
    world_.attack(ended(syn_));
    EXPECT_EQ(world_.newest().state, MitigationState::cooling);
    EXPECT_THAT(service().in_force(), SizeIs(1));
    world_.run(9s);
    EXPECT_EQ(world_.newest().state, MitigationState::cooling);
    world_.run(2s);
    EXPECT_EQ(world_.newest().state, MitigationState::withdrawn);
    EXPECT_EQ(world_.newest().reason, "the attack is over");
    EXPECT_FALSE(service().any_live(model::IncidentId(1)));
}

TEST_F(Mitigations, APulseThatComesBackResumesTheSameMitigation) {
    world_.attack(syn_);
    world_.attack(ended(syn_));
    world_.run(5s);
    world_.attack(syn_);
    EXPECT_THAT(world_.stored(), SizeIs(1));
    EXPECT_EQ(world_.newest().state, MitigationState::active);
    EXPECT_EQ(world_.observer.count("resumed 192.0.2.10/32"), 1U);
    world_.run(30s);
    EXPECT_EQ(world_.newest().state, MitigationState::active);
}

TEST_F(Mitigations, OnlyTheTargetThatIsQuietCools) {
    auto both = incident_of(1, {finding_of(1, "192.0.2.10"), finding_of(1, "192.0.2.11")});
    world_.attack(both);
    both.findings[1].state = model::FindingState::closed;
    world_.attack(both);
    std::map<std::string, MitigationState> states;
    for (const auto& mitigation : world_.stored()) states[mitigation.target.to_string()] = mitigation.state;
    EXPECT_EQ(states["192.0.2.10/32"], MitigationState::active);
    EXPECT_EQ(states["192.0.2.11/32"], MitigationState::cooling);
}

TEST_F(Mitigations, IsRenewedWhileTheAttackLastsAndExpiresWhenNobodySpeaksAnyMore) {
    world_.attack(syn_);
    for (int minute = 0; minute < 60; ++minute) {
        world_.run(60s);
        world_.attack(syn_);
        ASSERT_EQ(world_.newest().state, MitigationState::active);
        ASSERT_LE(world_.newest().expires_at, world_.clock.wall() + 900s);
    }
    // The incident service is silent, but the attack was not told to be over: it is renewed by nobody else.
    world_.restart();
    world_.run(901s);
    EXPECT_EQ(world_.newest().state, MitigationState::withdrawn);
    EXPECT_EQ(world_.newest().reason, "it expired");
}

TEST_F(Mitigations, APersonMayExtendWithinTheLimit) {
    world_.attack(syn_);
    const auto now = world_.clock.wall();
    EXPECT_EQ(service().extend(TenantScope::provider(), by("carol"), now + 86'401s).error().code,
              base::ErrorCode::invalid_argument);
    EXPECT_EQ(service().extend(TenantScope::provider(), by("carol"), now).error().code,
              base::ErrorCode::invalid_argument);
    ASSERT_TRUE(service().extend(TenantScope::provider(), by("carol"), now + 3600s));
    world_.attack(ended(syn_));
    world_.run(3500s);
    EXPECT_EQ(world_.newest().state, MitigationState::active);  // held, although the attack is over
    world_.run(120s);
    EXPECT_EQ(world_.newest().state, MitigationState::withdrawn);
}

TEST_F(Mitigations, AProposalEndsWithItsAttack) {
    world_.attack(asked_);
    world_.attack(ended(asked_));
    EXPECT_EQ(world_.newest().state, MitigationState::withdrawn);
    EXPECT_EQ(world_.newest().reason, "the attack ended before anybody approved");
}

TEST_F(Mitigations, ConsentThatIsTakenBackCountsAtOnce) {
    world_.attack(syn_);
    world_.prefixes.set(1, "192.0.2.0/24", ConsentMode::ask);
    service().on_policy_changed(model::TenantId(1));
    EXPECT_EQ(world_.newest().state, MitigationState::proposed);
    EXPECT_THAT(service().in_force(), IsEmpty());
    ASSERT_TRUE(service().approve(TenantScope::provider(), by("carol")));
    service().on_policy_changed(model::TenantId(1));
    EXPECT_EQ(world_.newest().state, MitigationState::active);
    world_.prefixes.set(1, "192.0.2.0/24", ConsentMode::off);
    service().on_policy_changed(model::TenantId(1));
    EXPECT_EQ(world_.newest().state, MitigationState::withdrawn);
}

TEST_F(Mitigations, ATenantThatIsDeletedLosesItsMitigations) {
    world_.attack(syn_);
    world_.prefixes.gone.insert(model::TenantId(1));
    service().on_policy_changed(model::TenantId(1));
    EXPECT_EQ(world_.newest().state, MitigationState::withdrawn);
    world_.run(3s);
    EXPECT_THAT(world_.observer.alarms, IsEmpty());
}

TEST_F(Mitigations, WhatIsDoneByItselfIsAuditedToo) {
    world_.attack(syn_);
    world_.attack(ended(syn_));
    world_.run(11s);
    EXPECT_THAT(world_.audit.entries,
                ElementsAre("auto mitigation.activated mitigation-1", "auto mitigation.cooling mitigation-1",
                            "auto mitigation.withdrawn mitigation-1"));
    world_.audit.broken = true;
    world_.attack(incident_of(9, {finding_of(1, "192.0.2.99")}));
    EXPECT_THAT(service().in_force(), SizeIs(1));
    EXPECT_TRUE(world_.observer.alarms.contains("audit-failed"));
}

TEST_F(Mitigations, AProposalBecomesActiveWhenConsentIsSetToAuto) {
    world_.attack(asked_);
    world_.prefixes.set(2, "198.51.100.0/24", ConsentMode::automatic);
    service().on_policy_changed(model::TenantId(2));
    EXPECT_EQ(world_.newest().state, MitigationState::active);
    EXPECT_EQ(world_.newest().actor, "auto");
}

TEST_F(Mitigations, NothingTakesEffectThatIsNotStored) {
    world_.repository.fail_before = true;
    world_.attack(syn_);
    EXPECT_THAT(service().in_force(), IsEmpty());
    EXPECT_EQ(world_.programs.sent, 0);
    EXPECT_TRUE(world_.observer.alarms.contains("store-failed"));
    world_.repository.fail_before = false;
    world_.attack(syn_);  // the next update of the same attack
    EXPECT_THAT(service().in_force(), SizeIs(1));
    EXPECT_FALSE(world_.observer.alarms.contains("store-failed"));
}

TEST_F(Mitigations, AStoredMitigationWhoseAnswerWasLostIsFoundAgain) {
    world_.repository.fail_after = true;
    world_.attack(syn_);
    EXPECT_THAT(service().in_force(), IsEmpty());
    world_.repository.fail_after = false;
    world_.attack(syn_);
    EXPECT_THAT(service().in_force(), SizeIs(1));
    EXPECT_THAT(world_.stored(), SizeIs(1));
}

TEST_F(Mitigations, ARestartKeepsWhatIsInForceAndKnowsItsTargets) {
    world_.attack(syn_);
    const auto generation = world_.programs.generation;
    world_.clock.advance(1ms);
    world_.restart();
    ASSERT_TRUE(world_.started);
    ASSERT_THAT(service().in_force(), SizeIs(1));
    EXPECT_GT(service().in_force().at(0).generation, generation);
    EXPECT_THAT(world_.programs.by_tenant.at(model::TenantId(1)).targets, SizeIs(1));
    world_.attack(syn_);
    EXPECT_THAT(world_.stored(), SizeIs(1));
}

TEST_F(Mitigations, LimitsHoldForATenantAndForAll) {
    world_.config.limits.max_active_per_tenant = 2;
    world_.config.limits.max_active_total = 3;
    world_.prefixes.set(2, "198.51.100.0/24", ConsentMode::automatic);
    world_.restart();
    world_.attack(
        incident_of(1, {finding_of(1, "192.0.2.1"), finding_of(1, "192.0.2.2"), finding_of(1, "192.0.2.3")}));
    EXPECT_THAT(service().in_force(), SizeIs(2));
    EXPECT_TRUE(world_.observer.alarms.contains("limit-reached"));
    EXPECT_THAT(world_.observer.refusals, ElementsAre(HasSubstr("limit of mitigations")));
    world_.attack(incident_of(2, {finding_of(2, "198.51.100.1"), finding_of(2, "198.51.100.2")}));
    EXPECT_THAT(service().in_force(), SizeIs(3));
}

TEST_F(Mitigations, ATenantsOwnLimitsAreWithinThePlatforms) {
    world_.prefixes.own_limits = {
        .max_active = 1, .widest_divert_v4 = 32, .widest_divert_v6 = 128, .expires_after_s = 60};
    world_.attack(incident_of(1, {finding_of(1, "192.0.2.1"), finding_of(1, "192.0.2.2")}));
    ASSERT_THAT(service().in_force(), SizeIs(1));
    EXPECT_EQ(service().in_force().at(0).mitigation.expires_at, world_.clock.wall() + 60s);
    world_.attack(incident_of(3, {finding_of(1, "192.0.2.0/24")}));
    EXPECT_THAT(world_.observer.refusals, testing::Contains(HasSubstr("192.0.2.0/24 is wider than /32")));
    EXPECT_THAT(service().in_force(), SizeIs(1));
    const Limits widened = stricter(
        {},
        {.max_active = 100'000, .widest_divert_v4 = 8, .widest_divert_v6 = 16, .expires_after_s = 1'000'000});
    EXPECT_EQ(widened.max_active_per_tenant, Limits{}.max_active_per_tenant);
    EXPECT_EQ(widened.widest_divert_v4, Limits{}.widest_divert_v4);
    EXPECT_EQ(widened.widest_divert_v6, Limits{}.widest_divert_v6);
    EXPECT_EQ(widened.expiry_s, Limits{}.expiry_s);
}

TEST_F(Mitigations, ApprovalDoesNotGetAroundTheLimits) {
    world_.config.limits.max_active_per_tenant = 1;
    world_.config.limits.max_active_total = 1;
    world_.restart();
    world_.attack(syn_);
    world_.attack(asked_);
    EXPECT_EQ(service().approve(TenantScope::provider(), by("carol")).error().code,
              base::ErrorCode::exhausted);
}

TEST_F(Mitigations, ATargetLingersInTheProgramAfterItsDiversion) {
    world_.attack(syn_);
    ASSERT_TRUE(service().withdraw(TenantScope::provider(), by("carol")));
    EXPECT_THAT(world_.programs.by_tenant.at(model::TenantId(1)).targets, SizeIs(1));
    world_.run(2100ms);
    EXPECT_THAT(world_.programs.by_tenant.at(model::TenantId(1)).targets, IsEmpty());
}

TEST_F(Mitigations, TheFirstPacketThroughAGatewayIsNewsOnce) {
    world_.attack(syn_);
    model::TargetCounters counters;
    counters.tenant = model::TenantId(1);
    counters.mitigation = world_.newest().id;
    counters.in = {1, 60};
    world_.counters = {counters};
    world_.run(1s);
    EXPECT_EQ(world_.observer.count("cleaning 192.0.2.10/32"), 1U);
}

TEST_F(Mitigations, AnAttackBeyondCleaningIsBlackholedOnlyWhereConfigured) {
    auto large = syn_;
    large.findings[0].current.bits_per_s = 50'000'000'000;
    world_.attack(large);
    EXPECT_EQ(world_.newest().kind, MitigationKind::divert);
    world_.config.blackhole.mode = ConsentMode::automatic;
    world_.config.blackhole.gateway_bits_per_s = 10'000'000'000;
    world_.restart();
    world_.attack(large);
    std::map<MitigationKind, MitigationState> states;
    for (const auto& mitigation : world_.stored()) states[mitigation.kind] = mitigation.state;
    EXPECT_EQ(states[MitigationKind::blackhole], MitigationState::active);
    EXPECT_EQ(states[MitigationKind::divert], MitigationState::withdrawn);
    world_.attack(large);
    EXPECT_THAT(world_.stored(), SizeIs(2));
}

TEST_F(Mitigations, APersonIsAskedBeforeATargetIsGivenUpAndItIsCleanedMeanwhile) {
    world_.config.blackhole.mode = ConsentMode::ask;
    world_.config.blackhole.line_rate_multiple = 10;
    world_.prefixes.line_rate = 100'000'000;
    world_.restart();
    auto large = syn_;
    large.findings[0].current.bits_per_s = 1'100'000'000;
    world_.attack(large);
    const auto all = world_.stored();
    ASSERT_THAT(all, SizeIs(2));
    const auto& hole = all[0].kind == MitigationKind::blackhole ? all[0] : all[1];
    EXPECT_EQ(hole.state, MitigationState::proposed);
    EXPECT_THAT(hole.reason, HasSubstr("exceed 10 times the line's 100 Mbps"));
    ASSERT_THAT(service().in_force(), SizeIs(1));
    ASSERT_TRUE(service().approve(TenantScope::provider(), {hole.id, "noc", "", {}}));
    ASSERT_THAT(service().in_force(), SizeIs(1));
    EXPECT_EQ(service().in_force().at(0).mitigation.kind, MitigationKind::blackhole);
}

TEST_F(Mitigations, ReflectionGetsFlowSpecRulesWhereEnabled) {
    world_.config.flowspec.enabled = true;
    world_.config.flowspec.max_rules_per_incident = 2;
    world_.restart();
    auto reflected = incident_of(1, {finding_of(1, "192.0.2.10", model::AttackVector::ntp)});
    for (const auto vector :
         {model::AttackVector::udp, model::AttackVector::dns, model::AttackVector::ssdp}) {
        reflected.findings[0].vectors.push_back({vector, {}});
    }
    world_.attack(reflected);
    world_.attack(reflected);
    std::vector<int> ports;
    for (const auto& entry : service().in_force()) {
        if (entry.mitigation.kind == MitigationKind::flowspec)
            ports.push_back(entry.mitigation.rule.source_port);
    }
    EXPECT_THAT(ports, ElementsAre(123, 53));
    EXPECT_THAT(world_.stored(), SizeIs(3));
}

TEST_F(Mitigations, CarpetBombingDivertsThePrefixOnceAndNotEachHost) {
    auto hosts = finding_of(1, "192.0.2.0/24");
    world_.attack(incident_of(1, {finding_of(1, "192.0.2.7"), hosts}));
    const auto all = world_.stored();
    ASSERT_THAT(all, SizeIs(1));
    EXPECT_EQ(all[0].target, prefix_of("192.0.2.0/24"));
}

TEST_F(Mitigations, APrefixWiderThanTheLimitIsLeftToAPerson) {
    world_.prefixes.set(4, "10.8.0.0/16", ConsentMode::automatic);
    world_.attack(incident_of(5, {finding_of(4, "10.8.0.0/16")}));
    EXPECT_THAT(world_.stored(), IsEmpty());
    EXPECT_THAT(world_.observer.refusals, ElementsAre(HasSubstr("wider than /24")));
}

TEST_F(Mitigations, OnePartOfAPrefixThatIsOffKeepsTheWholeUntouched) {
    world_.prefixes.set(1, "192.0.2.128/25", ConsentMode::off);
    world_.attack(incident_of(1, {finding_of(1, "192.0.2.0/24")}));
    EXPECT_THAT(world_.stored(), IsEmpty());
    world_.attack(incident_of(2, {finding_of(1, "192.0.2.10")}));
    EXPECT_THAT(world_.stored(), SizeIs(1));
}

TEST_F(Mitigations, OutboundAttacksAreShownAndNotDiverted) {
    auto outbound = finding_of(1, "192.0.2.10");
    outbound.direction = model::TrafficDirection::outbound;
    world_.attack(incident_of(1, {outbound}));
    EXPECT_THAT(world_.stored(), IsEmpty());
}

TEST_F(Mitigations, AProgramThatCannotBeMadeAlarmsAndIsTriedAgain) {
    world_.resolver.broken = true;
    world_.attack(syn_);
    ASSERT_THAT(service().in_force(), SizeIs(1));
    EXPECT_EQ(service().in_force().at(0).generation, 0U);
    EXPECT_TRUE(world_.observer.alarms.contains("program-failed"));
    world_.resolver.broken = false;
    world_.run(100ms);
    EXPECT_GT(service().in_force().at(0).generation, 0U);
    EXPECT_FALSE(world_.observer.alarms.contains("program-failed"));
}

TEST(ServiceConfig, RefusesWhatMakesNoSense) {
    EXPECT_TRUE(validate(ServiceConfig{}));
    ServiceConfig config;
    config.limits.widest_divert_v4 = 0;
    EXPECT_EQ(validate(config).error().where, "limits.widest_divert_v4");
    config = {};
    config.blackhole.mode = ConsentMode::automatic;
    EXPECT_EQ(validate(config).error().where, "blackhole");
    config = {};
    config.limits.expiry_s = 90'000;
    EXPECT_EQ(validate(config).error().where, "limits.expiry_s");
}

}  // namespace
}  // namespace sluice::mitigation
