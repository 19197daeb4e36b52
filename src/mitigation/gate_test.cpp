#include "mitigation/gate.hpp"

#include <gtest/gtest.h>

#include <functional>

#include "mitigation/consent.hpp"
#include "mitigation/response_world.hpp"

namespace sluice::mitigation {
namespace {

using namespace std::chrono_literals;
using model::MitigationKind;
using model::MitigationState;

struct Case {
    const char* what;  // a part of the refusal
    std::function<void(model::Mitigation&, model::Route&, AnnouncedCount&, Prefixes&, ServiceConfig&)> edit;
};

using M = model::Mitigation;
using R = model::Route;
using A = AnnouncedCount;
using P = Prefixes;
using S = ServiceConfig;

const base::Timestamp now{std::chrono::hours(500'000)};

std::vector<Case> cases_of_state_and_consent() {
    return {
        {"not in force", [](M& m, R&, A&, P&, S&) { m.state = MitigationState::proposed; }},
        {"not in force", [](M& m, R&, A&, P&, S&) { m.state = MitigationState::withdrawn; }},
        {"expired", [](M& m, R&, A&, P&, S&) { m.expires_at = now; }},
        {"expired", [](M& m, R&, A&, P&, S&) { m.expires_at = {}; }},
        {"expires later", [](M& m, R&, A&, P&, S&) { m.expires_at = now + 86'402s; }},
        {"not for its target", [](M&, R& r, A&, P&, S&) { r.prefix = prefix_of("192.0.2.11/32"); }},
        {"another kind", [](M&, R& r, A&, P&, S&) { r.kind = MitigationKind::blackhole; }},
        {"wider than", [](M& m, R& r, A&, P&, S&) { m.target = r.prefix = prefix_of("192.0.2.0/23"); }},
        {"no next hop", [](M&, R& r, A&, P&, S&) { r.next_hop = {}; }},
        {"no next hop", [](M&, R& r, A&, P&, S&) { r.next_hop = *net::Address::parse("fd00::1"); }},
        {"a loop",
         [](M& m, R& r, A&, P&, S&) {
             m.target = r.prefix = prefix_of("192.0.2.0/24");
             r.next_hop = *net::Address::parse("192.0.2.1");
         }},
        {"outside", [](M& m, R&, A&, P&, S&) { m.tenant = model::TenantId(2); }},
        {"outside", [](M&, R&, A&, P& p, S&) { p.all.clear(); }},
        {"outside",
         [](M&, R&, A&, P& p, S&) {
             p.all.clear();
             p.all.push_back({model::TenantId(1), {}, net::Prefix{}, model::ConsentMode::automatic});  // ::/0
         }},
        {"consent is off", [](M&, R&, A&, P& p, S&) { p.set(1, "192.0.2.0/24", model::ConsentMode::off); }},
        {"consent is off", [](M&, R&, A&, P& p, S&) { p.set(1, "192.0.2.8/29", model::ConsentMode::off); }},
        {"asks for", [](M&, R&, A&, P& p, S&) { p.set(1, "192.0.2.0/24", model::ConsentMode::ask); }},
        {"not known", [](M&, R&, A&, P& p, S&) { p.broken = true; }},
        {"as many announced", [](M&, R&, A& a, P&, S&) { a.of_tenant = 256; }},
        {"as many announced",
         [](M&, R&, A& a, P& p, S&) {
             a.of_tenant = 3;
             p.own_limits = model::MitigationLimits{.max_active = 3};
         }},
        {"wider than /32",
         [](M& m, R& r, A&, P& p, S&) {
             m.target = r.prefix = prefix_of("192.0.2.0/25");
             p.own_limits = model::MitigationLimits{.widest_divert_v4 = 32};
         }},
        {"max_active_total", [](M&, R&, A& a, P&, S&) { a.total = 4096; }},
    };
}

std::vector<Case> cases_of_kinds() {
    return {
        {"switched off", [](M& m, R& r, A&, P&, S&) { m.kind = r.kind = MitigationKind::blackhole; }},
        {"single address",
         [](M& m, R& r, A&, P&, S& s) {
             m.kind = r.kind = MitigationKind::blackhole;
             m.target = r.prefix = prefix_of("192.0.2.0/24");
             s.blackhole.mode = model::ConsentMode::automatic;
         }},
        {"approval",
         [](M& m, R& r, A&, P&, S& s) {
             m.kind = r.kind = MitigationKind::blackhole;
             s.blackhole.mode = model::ConsentMode::ask;
         }},
        {"communities",
         [](M& m, R& r, A&, P&, S& s) {
             m.kind = r.kind = MitigationKind::blackhole;
             s.blackhole.mode = model::ConsentMode::automatic;
         }},
        {"switched off", [](M& m, R& r, A&, P&, S&) { m.kind = r.kind = MitigationKind::flowspec; }},
        {"all traffic",
         [](M& m, R& r, A&, P&, S& s) {
             m.kind = r.kind = MitigationKind::flowspec;
             r.rule.destination = m.target;
             s.flowspec.enabled = true;
         }},
        {"not for its target",
         [](M& m, R& r, A&, P&, S& s) {
             m.kind = r.kind = MitigationKind::flowspec;
             r.rule.destination = prefix_of("198.51.100.1/32");
             s.flowspec.enabled = true;
         }},
    };
}

// From something that passes, with one thing changed.
base::Status check(const Case& changed) {
    Prefixes prefixes;
    prefixes.set(1, "192.0.2.0/24", model::ConsentMode::automatic);
    prefixes.set(2, "198.51.100.0/24", model::ConsentMode::automatic);
    ServiceConfig config;
    model::Mitigation mitigation;
    mitigation.id = model::MitigationId(1);
    mitigation.tenant = model::TenantId(1);
    mitigation.state = MitigationState::active;
    mitigation.target = prefix_of("192.0.2.10/32");
    mitigation.actor = "auto";
    mitigation.expires_at = now + 900s;
    model::Route route;
    route.prefix = mitigation.target;
    route.next_hop = *net::Address::parse("10.0.0.1");
    AnnouncedCount others;
    changed.edit(mitigation, route, others, prefixes, config);
    return Gate(config, prefixes).check(mitigation, route, others, now);
}

TEST(Gate, RefusesEachConditionByItself) {
    ASSERT_TRUE(check({"", [](auto&, auto&, auto&, auto&, auto&) {}}));
    auto cases = cases_of_state_and_consent();
    for (auto& more : cases_of_kinds()) cases.push_back(more);
    for (const auto& refused : cases) {
        const auto status = check(refused);
        ASSERT_FALSE(status) << refused.what;
        EXPECT_NE(status.error().what.find(refused.what), std::string::npos)
            << status.error().message() << ", expected: " << refused.what;
    }
}

TEST(Consent, TheStrictestThatTouchesTheTargetCounts) {
    Prefixes prefixes;
    prefixes.set(1, "10.0.0.0/8", model::ConsentMode::automatic);
    prefixes.set(1, "10.1.0.0/16", model::ConsentMode::ask);
    prefixes.set(1, "10.1.2.128/25", model::ConsentMode::off);
    const auto mode = [&](const char* target, std::uint64_t tenant = 1) {
        return consent_for(prefixes.all, model::TenantId(tenant), prefix_of(target));
    };
    EXPECT_EQ(mode("10.9.9.9/32")->mode, model::ConsentMode::automatic);
    EXPECT_EQ(mode("10.1.2.1/32")->mode, model::ConsentMode::ask);
    EXPECT_EQ(mode("10.1.2.200/32")->mode, model::ConsentMode::off);
    EXPECT_EQ(mode("10.1.2.0/24")->mode, model::ConsentMode::off);
    EXPECT_EQ(mode("10.1.2.0/24")->prefix, prefix_of("10.1.2.128/25"));
    EXPECT_EQ(mode("10.0.0.0/15")->mode, model::ConsentMode::off);
    EXPECT_FALSE(mode("11.0.0.1/32"));
    EXPECT_FALSE(mode("10.9.9.9/32", 2));
}

}  // namespace
}  // namespace sluice::mitigation
