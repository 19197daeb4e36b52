// What reports tell of firewalls: all that has moved, at once where it fits and in turn where it does not,
// and in the end everything, moved or not.
#include "dataplane/firewall_reporter.hpp"

#include <gtest/gtest.h>

#include <map>

#include "base/random.hpp"
#include "dataplane/program_compiler.hpp"

namespace sluice::dataplane {
namespace {

model::TenantProgram tenant(std::uint64_t id, const std::vector<std::string>& rules) {
    model::TenantProgram program;
    program.tenant = model::TenantId(id);
    program.generation = 1;
    program.prefixes = {
        net::Prefix::of(net::Address::v4(0x2d000000U + static_cast<std::uint32_t>(id) * 256U), 24)};
    program.firewall.enabled = true;
    program.firewall.zones = {"internet", "inside"};
    model::Attachment inside;
    inside.name = "inside";
    inside.kind = model::AttachmentKind::vlan;
    inside.vlan = static_cast<std::uint16_t>(id);
    inside.prefixes = {net::Prefix::parse("10.0.0.0/8").value()};
    program.firewall.attachments = {inside};
    for (const std::string& name : rules) {
        model::FirewallRule rule;
        rule.name = name;
        program.firewall.rules.push_back(rule);
    }
    return program;
}

class FirewallReports : public ::testing::Test {
  protected:
    void load(const std::vector<model::TenantProgram>& programs) {
        auto compiled = compiler_.compile(programs, {at_, 1});
        ASSERT_TRUE(compiled) << compiled.error().message();
        program_ = std::move(*compiled);
    }
    void hit(std::size_t tenant, std::uint32_t rule) { program_->firewalls[tenant]->hits->add(0, rule); }
    model::GatewayReport report(FirewallReporter& reporter) {
        at_ += std::chrono::seconds(1);
        model::GatewayReport out;
        const flow::FlowTable* tables[] = {&flows_, &other_flows_};
        reporter.add(*program_, tables, at_, out);
        return out;
    }
    // What a controller knows after it.
    void take(const model::GatewayReport& report) {
        for (const auto& firewall : report.firewalls) {
            for (const auto& rule : firewall.rules) known_[{firewall.tenant, rule.rule}] = rule;
        }
    }
    static std::size_t rules_of(const model::GatewayReport& report) {
        std::size_t sum = 0;
        for (const auto& firewall : report.firewalls) sum += firewall.rules.size();
        return sum;
    }

    base::Timestamp at_{std::chrono::seconds(1'790'000'000)};
    base::SeededRandom random_{1};
    Topology topology_ = Topology::plain(2);
    ProgramCompiler compiler_{{}, random_, topology_};
    std::unique_ptr<Program> program_;
    base::SipKey key_ = base::SipKey::from(random_);
    flow::FlowTable flows_{{.flows = 64, .tenants = 256}, key_};
    flow::FlowTable other_flows_{{.flows = 64, .tenants = 256}, key_};
    std::map<std::pair<model::TenantId, std::string>, model::RuleHits> known_;
};

}  // namespace

TEST_F(FirewallReports, TheFirstTellsAllAndLaterOnesWhatHasMoved) {
    FirewallReporter reporter({.repeated = 0});
    load({tenant(1, {"web", "mail"}), tenant(2, {"web"})});
    const auto first = report(reporter);
    const base::Timestamp began = at_;
    ASSERT_EQ(first.firewalls.size(), 2U);
    EXPECT_EQ(rules_of(first), 3U);
    EXPECT_EQ(first.firewalls[0].rules[0], (model::RuleHits{"web", 0, began, {}}));

    EXPECT_EQ(report(reporter).firewalls.size(), 1U) << "whose turn it is, without rules";

    hit(1, 1);
    hit(1, 1);
    const auto moved = report(reporter);
    EXPECT_EQ(rules_of(moved), 1U);
    take(moved);
    EXPECT_EQ((known_[{model::TenantId(1), "mail"}]), (model::RuleHits{"mail", 2, began, at_}));
}

TEST_F(FirewallReports, ANewPolicyKeepsWhatItsRulesCountedAndSinceWhen) {
    FirewallReporter reporter({.repeated = 0});
    load({tenant(1, {"web", "mail"})});
    take(report(reporter));
    const base::Timestamp began = at_;
    hit(1, 0);
    take(report(reporter));
    const base::Timestamp matched = at_;
    load({tenant(1, {"new", "web"})});
    const auto after = report(reporter);
    ASSERT_EQ(rules_of(after), 2U);
    EXPECT_EQ(after.firewalls[0].rules[0], (model::RuleHits{"new", 0, at_, {}}));
    EXPECT_EQ(after.firewalls[0].rules[1], (model::RuleHits{"web", 1, began, matched}));
    load({tenant(2, {"web"})});
    EXPECT_EQ(report(reporter).firewalls[0].tenant, model::TenantId(2)) << "who is gone is not told";
}

TEST_F(FirewallReports, FlowsAreToldByTenant) {
    FirewallReporter reporter({.repeated = 0});
    load({tenant(1, {"web"}), tenant(2, {"web"})});
    take(report(reporter));
    flow::NewFlow wanted;
    wanted.tuple.source = net::Address::v4(0x0a000001);
    wanted.tuple.destination = net::Address::v4(0xc0000201);
    wanted.tuple.tenant_and_protocol = program_->firewalls[2]->index << 8U | 17U;
    const auto opened = other_flows_.open(wanted, flow::FlowTimes{}, flow::FlowQuota{});
    ASSERT_NE(opened.flow, nullptr);
    ASSERT_EQ(other_flows_.flows_of(program_->firewalls[2]->index), 1U);
    std::map<model::TenantId, model::FirewallCounters> told;
    for (const auto& firewall : report(reporter).firewalls) told[firewall.tenant] = firewall;
    EXPECT_EQ(told[model::TenantId(2)].flows_open, 1U);
    EXPECT_EQ(told[model::TenantId(2)].flows_opened, 1U);
    other_flows_.end(*opened.flow);
    for (const auto& firewall : report(reporter).firewalls) told[firewall.tenant] = firewall;
    EXPECT_EQ(told[model::TenantId(2)].flows_open, 0U);
    EXPECT_EQ(told[model::TenantId(2)].flows_opened, 1U);
    EXPECT_EQ(told[model::TenantId(1)].flows_opened, 0U);
}

// More than one report holds: nothing is lost, nobody waits for ever, and no report is larger than its limit.
TEST_F(FirewallReports, WhatDoesNotFitWaitsItsTurn) {
    FirewallReporter reporter({.lines = 50, .repeated = 8});
    std::vector<std::string> names;
    for (int i = 0; i < 120; ++i) names.push_back("rule-" + std::to_string(i));
    std::vector<model::TenantProgram> programs;
    for (std::uint64_t id = 1; id <= 10; ++id) programs.push_back(tenant(id, names));
    load(programs);
    int reports = 0;
    for (; known_.size() < 1200 && reports < 60; ++reports) {
        hit(1, 0);  // the first one moves all the time
        const auto one = report(reporter);
        EXPECT_LE(rules_of(one) + one.firewalls.size(), 50U);
        take(one);
    }
    EXPECT_EQ(known_.size(), 1200U) << "after " << reports << " reports";
}

// A controller that has begun anew, or has missed reports, is told everything within so many reports.
TEST_F(FirewallReports, EverythingIsToldAgain) {
    FirewallReporter reporter({.lines = 4096, .repeated = 10});
    load({tenant(1, {"a", "b", "c"}), tenant(2, {"a", "b"}), tenant(3, std::vector<std::string>(1, "z"))});
    hit(1, 2);
    (void)report(reporter);  // lost
    for (int i = 0; i < 2; ++i) take(report(reporter));
    EXPECT_EQ(known_.size(), 6U);
    EXPECT_EQ((known_[{model::TenantId(1), "c"}].hits), 1U);
}

}  // namespace sluice::dataplane
