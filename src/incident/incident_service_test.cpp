#include "incident/incident_service.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "incident/testing/memory_repositories.hpp"

namespace sluice::incident {
namespace {

using model::FindingState;
using model::IncidentState;
using model::TenantId;
using model::TenantScope;
using std::chrono::milliseconds;
using std::chrono::seconds;

class Recorder final : public EventSink, public Response {
  public:
    void publish(model::Event event) override { events.push_back(std::move(event)); }
    void on_incident(const model::Incident& incident) override { told.push_back(incident); }
    bool any_live(model::IncidentId /*incident*/) override { return live; }

    [[nodiscard]] std::vector<std::string> kinds() const {
        std::vector<std::string> list;
        for (const auto& event : events) list.push_back(event.kind);
        return list;
    }
    std::vector<model::Event> events;
    std::vector<model::Incident> told;
    bool live = false;
};

class IncidentServiceTest : public ::testing::Test {
  protected:
    void SetUp() override { restart(); }
    void restart(ServiceConfig config = {}) {
        service_ = std::make_unique<IncidentService>(
            config, IncidentService::Dependencies{.repository = repository_,
                                                  .events = recorder_,
                                                  .response = recorder_,
                                                  .clock = clock_,
                                                  .log = base::Logger(base::null_sink(), clock_, "incident"),
                                                  .metrics = metrics_});
        ASSERT_TRUE(service_->start());
    }
    model::Finding finding(const char* key, const char* target, FindingState state = FindingState::opened,
                           TenantId tenant = TenantId(1)) {
        model::Finding f;
        f.key = key;
        f.state = state;
        f.tenant = tenant;
        f.target = net::Prefix::parse(target).value();
        f.first_seen_at = f.detected_at = f.last_seen_at = clock_.wall();
        f.vectors = {{model::AttackVector::tcp_syn, {.packets_per_s = 50'000}}};
        f.peak.packets_per_s = 50'000;
        return f;
    }
    void see(const model::Finding& f) { service_->on_finding(f); }
    void pass(base::Duration time) {
        clock_.advance(time);
        service_->tick();
    }
    model::Incident only() {
        const auto all = service_->list(TenantScope::provider(), {}).value();
        EXPECT_EQ(all.size(), 1U);
        return all.empty() ? model::Incident{} : all.front();
    }

    base::ManualClock clock_;
    base::MetricRegistry metrics_;
    testing::MemoryIncidents repository_;
    Recorder recorder_;
    std::unique_ptr<IncidentService> service_;
};

TEST_F(IncidentServiceTest, AnAttackIsOpenedUpdatedEndedAndClosed) {
    see(finding("a", "192.0.2.10"));
    EXPECT_EQ(only().title, "TCP SYN flood on 192.0.2.10");
    EXPECT_EQ(only().state, IncidentState::open);
    recorder_.live = true;
    pass(seconds{1});
    see(finding("a", "192.0.2.10", FindingState::updated));
    see(finding("a", "192.0.2.10", FindingState::closed));
    EXPECT_EQ(only().state, IncidentState::ended);
    ASSERT_TRUE(only().ended_at.has_value());
    pass(seconds{1});
    EXPECT_EQ(only().state, IncidentState::ended) << "a mitigation is still in force";
    recorder_.live = false;
    pass(seconds{1});
    EXPECT_EQ(only().state, IncidentState::closed);
    EXPECT_EQ(recorder_.kinds(), (std::vector<std::string>{"incident.opened", "incident.updated",
                                                           "incident.ended", "incident.closed"}));
    std::vector<std::string> kinds;
    for (const auto& entry : only().timeline) kinds.push_back(entry.kind);
    EXPECT_EQ(kinds, (std::vector<std::string>{"first-evidence", "detected", "attack-ended", "closed"}));
}

TEST_F(IncidentServiceTest, FindingsOnOneTargetAreOneAttack) {
    see(finding("c1/1", "192.0.2.10"));
    see(finding("c2/1", "192.0.2.10"));
    see(finding("c2/2", "192.0.2.0/24"));
    EXPECT_EQ(only().findings.size(), 3U);
    EXPECT_EQ(only().target.to_string(), "192.0.2.0/24") << "the widest target";
    see(finding("c1/1", "192.0.2.10", FindingState::closed));
    EXPECT_EQ(only().state, IncidentState::open);
}

TEST_F(IncidentServiceTest, OtherTenantsAndDirectionsAreOtherAttacks) {
    see(finding("a", "192.0.2.10"));
    see(finding("b", "192.0.2.10", FindingState::opened, TenantId(2)));
    auto out = finding("c", "192.0.2.10");
    out.direction = model::TrafficDirection::outbound;
    see(out);
    see(finding("d", "192.0.2.11"));
    EXPECT_EQ(service_->list(TenantScope::provider(), {})->size(), 4U);
    EXPECT_EQ(service_->list(TenantScope::of(TenantId(2)), {})->size(), 1U);
    EXPECT_FALSE(service_->find(TenantScope::of(TenantId(2)), model::IncidentId(1)).has_value());
}

TEST_F(IncidentServiceTest, AnAttackThatComesBackIsTheSame) {
    recorder_.live = true;
    see(finding("a", "192.0.2.10"));
    see(finding("a", "192.0.2.10", FindingState::closed));
    pass(seconds{5});
    see(finding("b", "192.0.2.10"));
    EXPECT_EQ(only().state, IncidentState::open);
    EXPECT_FALSE(only().ended_at.has_value());
    EXPECT_EQ(recorder_.kinds().back(), "incident.reopened");
}

TEST_F(IncidentServiceTest, ASilentDetectorEndsItsFindings) {
    recorder_.live = true;
    see(finding("a", "192.0.2.10"));
    pass(seconds{14});
    EXPECT_EQ(only().state, IncidentState::open);
    pass(seconds{2});
    EXPECT_EQ(only().state, IncidentState::ended);
    EXPECT_NE(only().timeline.back().text.find("silent"), std::string::npos);
}

TEST_F(IncidentServiceTest, ARestartGoesOnWhereItWas) {
    see(finding("a", "192.0.2.10"));
    recorder_.told.clear();
    restart();
    ASSERT_EQ(recorder_.told.size(), 1U) << "the response learns of what is open";
    see(finding("new-key", "192.0.2.10"));
    EXPECT_EQ(only().findings.size(), 2U);
    see(finding("new-key", "192.0.2.10", FindingState::closed));
    pass(seconds{16});
    EXPECT_EQ(only().state, IncidentState::closed) << "the old detector's finding went silent";
}

TEST_F(IncidentServiceTest, WhatCannotBeStoredIsTriedAgain) {
    repository_.failing = true;
    see(finding("a", "192.0.2.10"));
    EXPECT_TRUE(recorder_.told.empty()) << "nothing is done about what is not on disk";
    repository_.failing = false;
    see(finding("a", "192.0.2.10", FindingState::updated));
    EXPECT_EQ(only().state, IncidentState::open);
    repository_.failing = true;
    see(finding("a", "192.0.2.10", FindingState::closed));
    EXPECT_EQ(only().state, IncidentState::open);
    repository_.failing = false;
    recorder_.live = true;
    see(finding("a", "192.0.2.10", FindingState::closed));
    EXPECT_EQ(only().state, IncidentState::ended);
}

TEST_F(IncidentServiceTest, APersonsNoteIsStoredOrRefusedTheResponsesIsKept) {
    see(finding("a", "192.0.2.10"));
    const auto before = only().timeline.size();
    repository_.failing = true;
    const auto refused = service_->add_note(model::IncidentId(1), "note", "Called them.", clock_.wall());
    ASSERT_FALSE(refused) << "it would be gone after a restart";
    EXPECT_EQ(refused.error().code, base::ErrorCode::unavailable);
    EXPECT_EQ(only().timeline.size(), before);
    service_->note(model::IncidentId(1), "mitigation-announced", "Diverted.", clock_.wall());
    repository_.failing = false;
    pass(seconds{2});
    const auto stored = repository_.find(model::TenantScope::provider(), model::IncidentId(1));
    ASSERT_TRUE(stored);
    EXPECT_EQ(stored->timeline.size(), before + 1);
    EXPECT_EQ(stored->timeline.back().text, "Diverted.");
    EXPECT_TRUE(service_->add_note(model::IncidentId(1), "note", "Called them.", clock_.wall()));
    EXPECT_FALSE(service_->add_note(model::IncidentId(99), "note", "Nobody.", clock_.wall()));
}

TEST_F(IncidentServiceTest, RatesAreStoredOnceASecondButToldAtOnce) {
    see(finding("a", "192.0.2.10"));
    for (int i = 0; i < 20; ++i) {
        pass(milliseconds{100});
        auto update = finding("a", "192.0.2.10", FindingState::updated);
        update.current.packets_per_s = static_cast<std::uint64_t>(i);
        see(update);
    }
    EXPECT_EQ(recorder_.told.size(), 21U);
    EXPECT_LE(repository_.updates, 3);
    EXPECT_EQ(only().findings[0].current.packets_per_s, 19U) << "readers see the newest";
}

TEST_F(IncidentServiceTest, AHundredAttacksAtOnceAreOneWrite) {
    std::vector<model::Finding> findings;
    for (int i = 0; i < 100; ++i) {
        const std::string host = "192.0.2." + std::to_string(i);
        findings.push_back(finding(host.c_str(), host.c_str()));
    }
    findings.push_back(finding("of another collector", "192.0.2.7"));
    service_->on_findings(findings);
    EXPECT_EQ(repository_.writes_of_several, 1);
    ASSERT_EQ(recorder_.told.size(), 100U);
    EXPECT_EQ(std::ranges::count(recorder_.kinds(), std::string("incident.opened")), 100);
    EXPECT_EQ(service_->find(TenantScope::provider(), recorder_.told[7].id)->findings.size(), 2U);
    clock_.advance(seconds{1});
    for (auto& one : findings) one.state = FindingState::updated;
    service_->on_findings(findings);
    EXPECT_EQ(repository_.writes_of_several, 2) << "rates, a second later";
    EXPECT_EQ(recorder_.told.size(), 200U);
    std::vector<IncidentService::Note> notes;
    for (int i = 0; i < 100; ++i) {
        const auto id = recorder_.told[static_cast<std::size_t>(i)].id;
        notes.push_back({id, {clock_.wall(), "mitigation-activated", "diverted"}});
        notes.push_back({id, {clock_.wall(), "mitigation-announced", "via guard-1"}});
    }
    service_->note_all(notes);
    EXPECT_EQ(repository_.writes_of_several, 3);
    const auto stored = repository_.find(TenantScope::provider(), recorder_.told[0].id);
    ASSERT_TRUE(stored);
    EXPECT_EQ(stored->timeline.back().text, "via guard-1");
}

TEST_F(IncidentServiceTest, LimitsHoldForWhatBeginsAtOnce) {
    restart({.max_open_per_tenant = 2});
    const std::vector<model::Finding> findings{finding("a", "192.0.2.1"), finding("b", "192.0.2.2"),
                                               finding("c", "192.0.2.3")};
    service_->on_findings(findings);
    EXPECT_EQ(recorder_.told.size(), 2U);
    EXPECT_NE(metrics_.prometheus_text().find("sluice_incidents_refused_total 1"), std::string::npos);
}

TEST_F(IncidentServiceTest, OneThatBeginsAndEndsInOneMomentIsTold) {
    const std::vector<model::Finding> findings{finding("a", "192.0.2.10"),
                                               finding("a", "192.0.2.10", FindingState::closed)};
    service_->on_findings(findings);
    EXPECT_EQ(only().state, IncidentState::ended);
    EXPECT_EQ(recorder_.kinds(), (std::vector<std::string>{"incident.opened", "incident.ended"}));
}

TEST_F(IncidentServiceTest, LimitsHoldAndAreCounted) {
    ServiceConfig config;
    config.max_open_per_tenant = 2;
    config.max_findings = 2;
    restart(config);
    see(finding("a", "192.0.2.1"));
    see(finding("b", "192.0.2.2"));
    see(finding("c", "192.0.2.3"));
    EXPECT_EQ(service_->list(TenantScope::provider(), {})->size(), 2U);
    EXPECT_NE(metrics_.prometheus_text().find("sluice_incidents_refused_total 1"), std::string::npos);
    see(finding("d", "192.0.2.1"));
    see(finding("e", "192.0.2.1"));
    EXPECT_EQ(service_->find(TenantScope::provider(), model::IncidentId(1))->findings.size(), 2U);
}

TEST_F(IncidentServiceTest, NotesStandInTheTimelineAlsoAfterTheEnd) {
    see(finding("a", "192.0.2.10"));
    service_->note(model::IncidentId(1), "mitigation.announced", "Diverted.", clock_.wall());
    EXPECT_EQ(only().timeline.back().kind, "mitigation.announced");
    see(finding("a", "192.0.2.10", FindingState::closed));
    pass(seconds{1});
    ASSERT_EQ(only().state, IncidentState::closed);
    service_->note(model::IncidentId(1), "note", "Thanks.", clock_.wall());
    EXPECT_EQ(only().timeline.back().text, "Thanks.");
}

}  // namespace
}  // namespace sluice::incident
