#include "mitigation/announcements.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "mitigation/response_world.hpp"

namespace sluice::mitigation {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class Routes : public ::testing::Test {
  protected:
    Routes() {
        world_.start();
        world_.run(3s);  // the grace of the start is over
    }
    void step() {
        world_.announcements->step();
        world_.service->tick();
    }
    std::string next_hop(const std::string& key) {
        return world_.speaker.routes.at(key).next_hop.to_string();
    }
    World world_;
    const model::Incident syn_ = incident_of(1, {finding_of(1, "192.0.2.10")});
};

TEST_F(Routes, ADiversionWaitsForAGatewayThatKnowsItsTarget) {
    const auto before = world_.programs.generation;
    world_.attack(syn_);
    step();
    EXPECT_THAT(world_.routes(), IsEmpty());
    world_.report("guard-1", before);
    step();
    EXPECT_THAT(world_.routes(), IsEmpty());
    world_.report("guard-1");
    step();
    EXPECT_THAT(world_.routes(), ElementsAre("192.0.2.10/32"));
    EXPECT_EQ(next_hop("192.0.2.10/32"), "10.0.0.1");
    EXPECT_EQ(world_.observer.count("announced 192.0.2.10/32"), 1U);
    EXPECT_THAT(world_.announcements->announced(), SizeIs(1));
}

TEST_F(Routes, AnIpv6TargetGoesToTheGatewaysIpv6Address) {
    world_.attack(incident_of(1, {finding_of(1, "2001:db8::10")}));
    world_.run(100ms);
    EXPECT_EQ(next_hop("2001:db8::10/128"), "fd00::1");
}

TEST_F(Routes, AGatewayThatRefusesTheTenantsProgramGetsNoTrafficThatNeedsIt) {
    world_.run(2s, {"guard-1", "guard-2"});
    world_.attack(syn_);
    world_.refused = {{model::TenantId(1), world_.programs.generation, world_.programs.generation - 1,
                       "two want 192.0.2.0/24"}};
    world_.report("guard-1");
    step();
    EXPECT_THAT(world_.routes(), IsEmpty()) << "its acknowledgement is not for this tenant";
    EXPECT_TRUE(world_.observer.alarms.contains("program-refused"));
    EXPECT_TRUE(world_.observer.alarms.contains("no-gateway"));
    world_.refused.clear();
    world_.report("guard-2");
    step();
    EXPECT_EQ(next_hop("192.0.2.10/32"), "10.0.0.2");
    EXPECT_TRUE(world_.observer.alarms.contains("program-refused")) << "the other one still refuses it";
    world_.report("guard-1");
    step();
    EXPECT_THAT(world_.observer.alarms, IsEmpty());
    EXPECT_EQ(next_hop("192.0.2.10/32"), "10.0.0.2");
}

TEST_F(Routes, ARefusedProgramDoesNotTakeAwayWhatTheOneBeforeDoes) {
    world_.attack(syn_);
    world_.run(100ms);
    const auto before = world_.programs.generation;
    world_.attack(incident_of(2, {finding_of(1, "192.0.2.11")}));
    world_.refused = {{model::TenantId(1), world_.programs.generation, before, "too many filters"}};
    world_.report("guard-1");
    step();
    EXPECT_THAT(world_.routes(), ElementsAre("192.0.2.10/32"));
    EXPECT_EQ(world_.speaker.withdraws, 0);
}

TEST_F(Routes, ANewTargetDoesNotInterruptTheOldOne) {
    world_.attack(syn_);
    world_.run(100ms);
    const auto acknowledged = world_.programs.generation;
    world_.attack(incident_of(2, {finding_of(1, "192.0.2.11")}));
    world_.report("guard-1", acknowledged);  // has not compiled the new program yet
    step();
    EXPECT_THAT(world_.routes(), ElementsAre("192.0.2.10/32"));
    EXPECT_EQ(world_.speaker.withdraws, 0);
    world_.run(100ms);
    EXPECT_THAT(world_.routes(), ElementsAre("192.0.2.10/32", "192.0.2.11/32"));
}

TEST_F(Routes, ASilentGatewayLosesItsDiversionsWithinASecondAndGetsThemBack) {
    world_.attack(syn_);
    world_.run(1s);
    ASSERT_THAT(world_.routes(), SizeIs(1));
    base::Duration silent{};
    while (!world_.speaker.routes.empty() && silent < 5s) {
        const auto next = world_.announcements->step() - world_.clock.now();
        world_.clock.advance(next);
        silent += next;
        world_.announcements->step();
    }
    EXPECT_LE(silent, 1000ms);
    EXPECT_GE(silent, 700ms);
    world_.service->tick();
    EXPECT_EQ(world_.observer.count("lost 192.0.2.10/32"), 1U);
    EXPECT_EQ(world_.observer.count("down guard-1"), 1U);
    EXPECT_TRUE(world_.observer.alarms.contains("gateway-silent"));
    EXPECT_TRUE(world_.observer.alarms.contains("no-gateway"));
    world_.run(500ms);  // alive again, but not for long enough to be trusted
    EXPECT_THAT(world_.routes(), IsEmpty());
    world_.run(1s);
    EXPECT_THAT(world_.routes(), SizeIs(1));
    EXPECT_THAT(world_.observer.alarms, IsEmpty());
}

TEST_F(Routes, AnotherGatewayTakesOverInOneStep) {
    world_.run(2s, {"guard-1", "guard-2"});
    world_.attack(syn_);
    world_.run(100ms, {"guard-1", "guard-2"});
    EXPECT_EQ(next_hop("192.0.2.10/32"), "10.0.0.1");
    world_.run(900ms, {"guard-2"});
    EXPECT_EQ(next_hop("192.0.2.10/32"), "10.0.0.2");
    EXPECT_EQ(world_.speaker.withdraws, 0);  // replaced, never without a route
    world_.run(3s, {"guard-1", "guard-2"});
    EXPECT_EQ(next_hop("192.0.2.10/32"), "10.0.0.2");  // and it stays there
}

TEST_F(Routes, ARestartedGatewayIsNotUsedBeforeItHasThePrograms) {
    world_.attack(syn_);
    world_.run(1s);
    world_.started_at += 1s;
    world_.report("guard-1", 0);
    step();
    EXPECT_THAT(world_.routes(), IsEmpty());
    world_.report("guard-1");
    step();
    EXPECT_THAT(world_.routes(), SizeIs(1));
}

TEST_F(Routes, EverythingIsAnnouncedAgainAfterTheSpeakersRestart) {
    world_.attack(syn_);
    world_.run(100ms);
    world_.speaker.restart();
    step();
    EXPECT_THAT(world_.routes(), ElementsAre("192.0.2.10/32"));
}

TEST_F(Routes, LeftoversInTheSpeakerAreWithdrawn) {
    model::Route leftover;
    leftover.prefix = prefix_of("192.0.2.99/32");
    leftover.next_hop = *net::Address::parse("10.0.0.1");
    world_.speaker.routes[leftover.key()] = leftover;
    ++world_.speaker.session;
    step();
    EXPECT_THAT(world_.routes(), IsEmpty());
}

TEST_F(Routes, ARouteThatSomebodyDeletedInTheSpeakerComesBack) {
    world_.attack(syn_);
    world_.run(100ms);
    world_.speaker.routes.clear();
    world_.run(31s);
    EXPECT_THAT(world_.routes(), SizeIs(1));
}

TEST_F(Routes, ARestartOfTheControllerDoesNotInterruptADiversion) {
    world_.attack(syn_);
    world_.run(100ms);
    ASSERT_THAT(world_.routes(), SizeIs(1));
    world_.restart();
    world_.speaker.withdraws = 0;
    world_.run(500ms, {});  // gateways are not back yet
    EXPECT_THAT(world_.routes(), SizeIs(1));
    world_.run(3s);
    EXPECT_THAT(world_.routes(), SizeIs(1));
    EXPECT_EQ(world_.speaker.withdraws, 0);
}

TEST_F(Routes, AfterTheGraceADiversionWithoutAGatewayIsWithdrawn) {
    world_.attack(syn_);
    world_.run(100ms);
    world_.restart();
    world_.run(2100ms, {});
    EXPECT_THAT(world_.routes(), IsEmpty());
}

TEST_F(Routes, TheGraceKeepsNothingThatIsNotWantedAnyMore) {
    world_.attack(syn_);
    world_.run(100ms);
    world_.prefixes.set(1, "192.0.2.0/24", model::ConsentMode::off);
    world_.restart();
    world_.run(100ms, {});
    EXPECT_THAT(world_.routes(), IsEmpty());
}

TEST_F(Routes, AFailingSpeakerIsTriedAgainWithGrowingDelays) {
    world_.speaker.fault = Speaker::Fault::refused_connection;
    world_.attack(syn_);
    world_.run(10s);
    EXPECT_GE(world_.speaker.announces, 5);
    EXPECT_LE(world_.speaker.announces, 12);
    EXPECT_TRUE(world_.observer.alarms.contains("announce-failed"));
    EXPECT_THAT(world_.service->in_force(), SizeIs(1));
    world_.speaker.fault = Speaker::Fault::none;
    world_.run(5s);
    EXPECT_THAT(world_.routes(), SizeIs(1));
    EXPECT_FALSE(world_.observer.alarms.contains("announce-failed"));
}

TEST_F(Routes, ARouteWhoseAnswerWasLostIsWithdrawnAllTheSame) {
    world_.attack(syn_);
    world_.report();
    world_.speaker.fault = Speaker::Fault::answer_lost;
    step();
    EXPECT_THAT(world_.routes(), SizeIs(1));
    EXPECT_THAT(world_.announcements->announced(), IsEmpty());  // nobody says that it stands
    world_.speaker.fault = Speaker::Fault::none;
    ASSERT_TRUE(
        world_.service->withdraw(model::TenantScope::provider(), {world_.newest().id, "carol", "", {}}));
    world_.run(200ms);
    EXPECT_THAT(world_.routes(), IsEmpty());
}

TEST_F(Routes, AnUnconnectedSpeakerOrSessionIsAnAlarm) {
    world_.speaker.connected = false;
    step();
    EXPECT_TRUE(world_.observer.alarms.contains("speaker-down"));
    world_.speaker.connected = true;
    world_.speaker.established = false;
    step();
    EXPECT_THAT(world_.observer.alarms, ElementsAre("bgp-session-down"));
    world_.speaker.established = true;
    step();
    EXPECT_THAT(world_.observer.alarms, IsEmpty());
}

TEST_F(Routes, AnExpiredMitigationIsWithdrawnEvenWhenTheStoreIsDead) {
    world_.attack(syn_);
    world_.run(100ms);
    world_.repository.fail_before = true;
    world_.run(901s);
    EXPECT_EQ(world_.newest().state, model::MitigationState::active);  // could not be written
    EXPECT_THAT(world_.routes(), IsEmpty());
    EXPECT_EQ(world_.observer.count("lost 192.0.2.10/32"), 0U) << "it is over, and no gateway is missing";
}

TEST_F(Routes, WhenConsentCannotBeReadNothingNewIsAnnouncedAndWhatStandsStays) {
    world_.attack(syn_);
    world_.run(100ms);
    world_.attack(incident_of(2, {finding_of(1, "192.0.2.11")}));
    world_.prefixes.broken = true;
    world_.run(1s);
    EXPECT_THAT(world_.routes(), ElementsAre("192.0.2.10/32"));
    world_.prefixes.broken = false;
    world_.run(100ms);
    EXPECT_THAT(world_.routes(), SizeIs(2));
}

TEST_F(Routes, ABlackholeTakesThePlaceOfTheDiversion) {
    world_.config.blackhole.mode = model::ConsentMode::automatic;
    world_.config.blackhole.gateway_packets_per_s = 1'000'000;
    world_.restart();
    world_.attack(syn_);
    world_.run(200ms);
    auto large = syn_;
    large.findings[0].current.packets_per_s = 2'000'000;
    world_.attack(large);
    world_.run(100ms);
    const auto& route = world_.speaker.routes.at("192.0.2.10/32");
    EXPECT_EQ(route.kind, model::MitigationKind::blackhole);
    EXPECT_THAT(route.communities, ElementsAre(0xffff029aU));
    EXPECT_THAT(world_.routes(), SizeIs(1));
}

TEST_F(Routes, FlowSpecNeedsNoGateway) {
    world_.config.flowspec.enabled = true;
    world_.restart();
    world_.run(3s, {});
    world_.attack(incident_of(1, {finding_of(1, "192.0.2.10", model::AttackVector::ntp)}));
    world_.run(100ms, {});
    EXPECT_THAT(world_.routes(), ElementsAre("flowspec 192.0.2.10/32 17 123 0"));
}

TEST_F(Routes, TheThreadAnnouncesWithinMilliseconds) {
    // The real thread and clock; only the speaker is in memory.
    base::SystemClock clock;
    ProgramBook book(world_.resolver, world_.programs, clock);
    MitigationService service({}, {world_.repository, world_.prefixes, book, world_.audit, world_.observer,
                                   clock, world_.log, world_.metrics});
    GatewayRegistry gateways({}, clock);
    std::atomic<bool> announced{false};
    world_.speaker.on_announce = [&](const model::Route&) { announced = true; };
    Announcements announcements(
        {}, {}, {service, gateways, world_.prefixes, world_.speaker, clock, world_.log, world_.metrics});
    ASSERT_TRUE(service.start());
    ASSERT_TRUE(announcements.start());
    const auto start = std::chrono::steady_clock::now();
    service.on_incident(syn_);
    model::GatewayReport report;
    report.name = "guard-1";
    report.diversion_next_hop = *net::Address::parse("10.0.0.1");
    report.generation = world_.programs.generation;
    gateways.on_report(report);
    while (!announced && std::chrono::steady_clock::now() - start < 5s) std::this_thread::yield();
    EXPECT_TRUE(announced);
    EXPECT_LT(std::chrono::steady_clock::now() - start, 500ms);
    announcements.stop();
    world_.speaker.on_announce = nullptr;
}

}  // namespace
}  // namespace sluice::mitigation
