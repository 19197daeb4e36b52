#include "policy/firewall_diff.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policy/policy_reader.hpp"
#include "policy/testdata/full_policy.hpp"

namespace sluice::policy {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

model::TenantPolicy tenant(const std::string& text) {
    const auto tenants = read_policy(text, "p.yaml");
    EXPECT_TRUE(tenants) << tenants.error().text();
    return tenants ? tenants->at(0) : model::TenantPolicy{};
}

std::string with(std::string_view rest) {
    return fmt::format(
        "tenants: [{{slug: acme, prefixes: [192.0.2.0/24], firewall: {{zones: [inside, dmz], attachments: "
        "[{{name: hq, zone: inside, kind: vlan, vlan: 10, prefixes: [10.0.0.0/16]}}, {{name: dmz, zone: dmz, "
        "kind: vlan, vlan: 11, prefixes: [10.1.0.0/24]}}], {}}}}}]",
        rest);
}

std::vector<std::string> sentences(std::string_view before, std::string_view after) {
    std::vector<std::string> all;
    for (const auto& change : diff({tenant(with(before))}, {tenant(with(after))}))
        all.push_back(sentence(change));
    return all;
}

TEST(FirewallDiff, TellsWhatARuleNowDoes) {
    EXPECT_THAT(sentences("rules: [{name: web-in, from: internet, to: dmz, service: https, action: allow}]",
                          "rules: [{name: web-in, from: internet, to: dmz, service: [https, tcp/8443], "
                          "action: allow}]"),
                ElementsAre("acme: rule 'web-in' now also allows tcp 8443 from internet to dmz"));
    EXPECT_THAT(
        sentences("rules: [{name: r, service: [http, https], source: 10.0.1.0/24, action: allow}]",
                  "rules: [{name: r, service: https, action: drop, log: true}]"),
        ElementsAre("acme: rule 'r' now drops instead of allowing; no longer drops http; now applies to "
                    "any source; is now logged"));
    EXPECT_THAT(
        sentences("rules: [{name: r, action: allow}]",
                  "rules: [{name: r, from: inside, users: finance, disabled: true, action: allow}], "
                  "user_groups: [finance]"),
        ElementsAre("acme: user group 'finance' is added",
                    "acme: rule 'r' is switched off; now applies only from zone inside; now applies only "
                    "to user finance"));
}

TEST(FirewallDiff, TellsRulesThatComeGoAndMove) {
    EXPECT_THAT(
        sentences(
            "rules: [{name: a, from: inside, action: allow}, {name: b, from: dmz, action: drop}, {name: "
            "c, from: internet, action: reject}]",
            "rules: [{name: c, from: internet, action: reject}, {name: a, from: inside, action: allow}, "
            "{name: d, from: dmz, to: internet, service: dns, action: allow}]"),
        ElementsAre("acme: rule 'd' is added: allow dns from dmz to internet",
                    "acme: rule 'b' is removed (it was: drop everything from dmz)",
                    "acme: rule 'c' now stands before 'a'"));
}

TEST(FirewallDiff, TellsWhichRulesAnObjectReaches) {
    EXPECT_THAT(
        sentences("addresses: [{name: office, addresses: 10.0.1.0/24}], address_groups: [{name: all, "
                  "members: [office]}], rules: [{name: out, source: all, action: allow}]",
                  "addresses: [{name: office, addresses: [10.0.1.0/24, 10.0.9.0/24]}], address_groups: "
                  "[{name: all, members: [office]}], rules: [{name: out, source: all, action: allow}]"),
        ElementsAre("acme: address 'office' now also holds 10.0.9.0/24 (used by rule out)"));
    EXPECT_THAT(sentences("services: [{name: erp, match: tcp/1}]", "services: [{name: erp, match: tcp/2}]"),
                ElementsAre("acme: service 'erp' now also holds tcp 2; no longer holds tcp 1, which no rule "
                            "uses"));
}

TEST(FirewallDiff, TellsNatAndNumbers) {
    EXPECT_THAT(
        sentences(
            "nat: [{name: out, kind: source, from: inside, to: internet, pool: 192.0.2.16/29}]",
            "nat: [{name: out, kind: source, from: inside, to: internet, pool: 192.0.2.32/29}, {name: "
            "web, kind: port-forward, public: 192.0.2.1, service: https, server: 10.1.0.10, server_port: "
            "8443}], timeouts: {udp: 1 min}, strict_tcp: false"),
        ElementsAre(
            "acme: NAT rule 'out' changes from source from inside to internet, leaves as 192.0.2.16/29 "
            "to source from inside to internet, leaves as 192.0.2.32/29",
            "acme: NAT rule 'web' is added: port-forward, 192.0.2.1 https goes to 10.1.0.10 port 8443",
            "acme: the firewall's timeouts/udp changes from 5 min to 1 min",
            "acme: the firewall's strict_tcp changes from true to false"));
}

TEST(FirewallDiff, TellsAFirewallThatComesOrGoes) {
    const auto none = tenant("tenants: [{slug: acme, prefixes: [192.0.2.0/24]}]");
    const auto one = tenant(with("rules: [{name: a, action: drop}]"));
    const auto came = diff({none}, {one});
    ASSERT_FALSE(came.empty());
    EXPECT_EQ(sentence(came.front()), "acme: a firewall is added: 2 zones, 1 rule, 0 NAT rules");
    EXPECT_EQ(came.front().path, "firewall");
    const auto gone = diff({one}, {none});
    ASSERT_EQ(gone.size(), 1U);
    EXPECT_THAT(sentence(gone.front()), HasSubstr("traffic is only scrubbed and forwarded"));
}

TEST(FirewallDiff, OfVeryManyChangesTheFirstAreTold) {
    auto before = tenant(with("strict_tcp: true"));
    auto after = before;
    for (int i = 0; i < 2'000; ++i) {
        model::RulePolicy rule;
        rule.name = fmt::format("r{}", i);
        after.protection.firewall->rules.push_back(rule);
    }
    const auto changes = diff({before}, {after});
    ASSERT_EQ(changes.size(), 501U);
    EXPECT_EQ(sentence(changes.back()), "acme: and 1500 more changes of the firewall");
}

// Each part of a firewall that uses every key is seen when it is taken away or changed.
TEST(FirewallDiff, SeesEveryPart) {
    const auto full = tenant(std::string(testdata::full_policy));
    EXPECT_THAT(diff({full}, {full}), IsEmpty());
    using Change = void (*)(model::FirewallPolicy&);
    const Change changes[] = {
        [](auto& f) { f.enabled = false; },
        [](auto& f) { f.time_zone = "UTC"; },
        [](auto& f) { f.zones.pop_back(); },
        [](auto& f) { f.attachments.pop_back(); },
        [](auto& f) { f.attachments[0].vlan = 7; },
        [](auto& f) { f.attachments[0].gateway4 = {}; },
        [](auto& f) { f.attachments[0].gateway6 = {}; },
        [](auto& f) { f.attachments[0].next_hop_mac = {}; },
        [](auto& f) { f.attachments[0].site.clear(); },
        [](auto& f) { f.attachments[1].inner_vlan = 7; },
        [](auto& f) { f.attachments[2].vni = 7; },
        [](auto& f) { f.attachments[2].tunnel_endpoint = {}; },
        [](auto& f) { f.attachments[2].prefixes.clear(); },
        [](auto& f) { f.attachments[3].port = "west"; },
        [](auto& f) { f.addresses[1].ranges.pop_back(); },
        [](auto& f) { f.address_groups.pop_back(); },
        [](auto& f) { f.services[0].matches.pop_back(); },
        [](auto& f) { f.service_groups[0].members.pop_back(); },
        [](auto& f) { f.schedules[0].days = 1; },
        [](auto& f) { f.schedules[0].hours.clear(); },
        [](auto& f) { f.users.clear(); },
        [](auto& f) { f.user_groups.clear(); },
        [](auto& f) { f.rules.pop_back(); },
        [](auto& f) { f.rules[1].schedule.clear(); },
        [](auto& f) { f.rules[1].users.pop_back(); },
        [](auto& f) { std::swap(f.rules[0], f.rules[1]); },
        [](auto& f) { std::swap(f.rules[1].service[0], f.rules[1].service[1]); },
        [](auto& f) { f.nat[0].pool.pop_back(); },
        [](auto& f) { f.nat[1].hairpin = true; },
        [](auto& f) { f.nat[1].server_port = 0; },
        [](auto& f) { std::swap(f.nat[0], f.nat[1]); },
        [](auto& f) { f.timeouts.icmp_s = 7; },
        [](auto& f) { f.limits.flows = 7; },
        [](auto& f) { f.inbound = {}; },
        [](auto& f) { f.outbound = {}; },
        [](auto& f) { f.strict_tcp = true; },
    };
    for (std::size_t i = 0; i < std::size(changes); ++i) {
        auto changed = full;
        changes[i](*changed.protection.firewall);
        const auto told = diff({full}, {changed});
        EXPECT_EQ(told.size(), 1U) << "change " << i;
        for (const auto& change : told) EXPECT_FALSE(sentence(change).empty());
    }
}

}  // namespace
}  // namespace sluice::policy
