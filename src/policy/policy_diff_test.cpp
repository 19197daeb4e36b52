#include "policy/policy_diff.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policy/policy_reader.hpp"
#include "policy/testdata/full_policy.hpp"

namespace sluice::policy {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<model::TenantPolicy> policy(std::string_view text) {
    auto tenants = read_policy(text, "p.yaml");
    EXPECT_TRUE(tenants) << tenants.error().text();
    return tenants ? *tenants : std::vector<model::TenantPolicy>{};
}

std::vector<std::string> sentences(std::string_view before, std::string_view after) {
    std::vector<std::string> all;
    for (const auto& change : diff(policy(before), policy(after))) all.push_back(sentence(change));
    return all;
}

TEST(PolicyDiff, NothingChangesWithTheSameDocument) {
    EXPECT_THAT(sentences(testdata::full_policy, testdata::full_policy), IsEmpty());
}

TEST(PolicyDiff, TellsEachChangeInWords) {
    EXPECT_THAT(
        sentences("tenants:\n"
                  "  - {slug: acme, prefixes: [{prefix: 192.0.2.0/24, consent: ask}, 198.51.100.0/24], "
                  "mitigation: {max_active: 4}}\n"
                  "  - {slug: gone}\n",
                  "tenants:\n"
                  "  - {slug: acme, name: Acme, prefixes: [{prefix: 192.0.2.0/24, consent: auto}],\n"
                  "     detection: {thresholds: [{name: syn, vector: tcp-syn, packets: 20 kpps}]}, "
                  "mitigation: {max_active: 4}}\n"
                  "  - {slug: new, prefixes: [203.0.113.0/24]}\n"),
        ElementsAre(
            "acme: name changes from acme to Acme",
            "acme: prefixes/192.0.2.0/24/consent changes from ask to auto",
            "acme: detection/thresholds/syn is added: inbound tcp-syn of a host: 20 kpps",
            "acme: prefixes/198.51.100.0/24/consent is removed (it was ask)",
            "gone: tenant is removed (it was gone)", "new: tenant is added: new", "new: name is added: new",
            "new: prefixes/203.0.113.0/24/consent is added: ask", "new: detection/hold_down is added: 10 s",
            "new: protection/template is added: generic", "new: mitigation/max_active is added: 256",
            "new: mitigation/widest_divert_v4 is added: /24",
            "new: mitigation/widest_divert_v6 is added: /48", "new: mitigation/expires_after is added: 1 h"));
}

TEST(PolicyDiff, TellsWhatTheGuardDoesOtherwise) {
    EXPECT_THAT(
        sentences("tenants: [{slug: a, protection: {template: web, watch: [rate]}}]",
                  "tenants: [{slug: a, protection: {template: link, level: strong, verify_dns: truncate, "
                  "protocol: {slow: false, connections: 40, dns_queries_per_second: 0}, anomaly: "
                  "{odd_lengths: true, filter_for: 2 min}}}]"),
        ElementsAre(
            "a: protection/template changes from web to link", "a: protection/level is added: always strong",
            "a: protection/verify_dns is added: truncate", "a: protection/protocol/slow is added: off",
            "a: protection/protocol/dns_queries_per_second is added: no limit",
            "a: protection/protocol/connections is added: 40 a source",
            "a: protection/anomaly/odd_lengths is added: on",
            "a: protection/anomaly/filter_for is added: 2 min",
            "a: protection/watch is removed (it was rate (counted, not dropped))"));
    EXPECT_THAT(sentences("tenants: [{slug: a, protection: {level: auto}}]", "tenants: [{slug: a}]"),
                IsEmpty());
}

TEST(PolicyDiff, WhatIsLeftOpenStays) {
    EXPECT_THAT(sentences("tenants: [{slug: a, prefixes: [{prefix: 192.0.2.0/24, consent: auto}], users: "
                          "[{login: x, role: tenant_admin}]}]",
                          "tenants: [{slug: a, prefixes: [192.0.2.0/24]}]"),
                IsEmpty());
    EXPECT_THAT(sentences("tenants: [{slug: a, users: [{login: x, role: tenant_admin}]}]",
                          "tenants: [{slug: a, users: []}]"),
                ElementsAre("a: users/x is removed (it was tenant_admin)"));
}

TEST(PolicyDiff, TheOrderOfFiltersCounts) {
    EXPECT_THAT(
        sentences("tenants: [{slug: a, filters: [{name: x, action: drop}, {name: y, action: pass}]}]",
                  "tenants: [{slug: a, filters: [{name: y, action: pass}, {name: x, action: drop}]}]"),
        ElementsAre("a: filters changes from x, y to y, x"));
}

// Every single value of a full document is seen when it is taken away.
TEST(PolicyDiff, SeesEveryLine) {
    const auto full = policy(testdata::full_policy);
    auto less = full;
    less[0] = model::TenantPolicy{};
    less[0].slug = full[0].slug;
    less[0].users.emplace();
    less[0].webhooks.emplace();
    const auto changes = diff(full, less);
    EXPECT_EQ(changes.size(), 56U) << [&] {
        std::string text;
        for (const auto& change : changes) text += sentence(change) + "\n";
        return text;
    }();
}

}  // namespace
}  // namespace sluice::policy
