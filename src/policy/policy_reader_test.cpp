#include "policy/policy_reader.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/attack_vector.hpp"
#include "net/protocol.hpp"
#include "policy/policy_writer.hpp"
#include "policy/schema.hpp"
#include "policy/testdata/full_policy.hpp"

namespace sluice::policy {
namespace {

using ::testing::HasSubstr;

std::string problems_of(std::string_view text) {
    const auto policy = read_policy(text, "p.yaml");
    return policy ? "" : policy.error().text();
}

net::Prefix prefix(std::string_view text) {
    return net::Prefix::parse(text).value();
}

TEST(PolicyReader, FiveLinesAreATenant) {
    const auto policy = read_policy(
        "tenants:\n  - slug: acme\n    prefixes:\n      - prefix: 192.0.2.0/24\n        consent: auto\n",
        "p");
    ASSERT_TRUE(policy) << policy.error().text();
    ASSERT_EQ(policy->size(), 1U);
    const auto& tenant = policy->front();
    EXPECT_EQ(tenant.name, "acme");
    ASSERT_EQ(tenant.prefixes.size(), 1U);
    EXPECT_EQ(tenant.prefixes[0].consent, model::ConsentMode::automatic);
    EXPECT_FALSE(tenant.users) << "users that a file does not name stay as they are";
    EXPECT_EQ(tenant.protection.profile.base, "generic");
}

TEST(PolicyReader, TakesEveryKey) {
    const auto policy = read_policy(testdata::full_policy, "p.yaml");
    ASSERT_TRUE(policy) << policy.error().text();
    const auto& tenant = policy->at(0);
    EXPECT_EQ(tenant.sites[0].line_rate_bps, 1'000'000'000U);
    EXPECT_EQ(tenant.prefixes[1].consent, std::nullopt);
    EXPECT_EQ(tenant.prefixes[0].site, "Vienna");
    const auto& threshold = tenant.protection.thresholds.at(0);
    EXPECT_EQ(threshold.packets_per_s, 20'000U);
    EXPECT_EQ(threshold.vector, model::AttackVector::tcp_syn);
    EXPECT_EQ(tenant.protection.thresholds.at(1).learned_z, 4.5);
    EXPECT_EQ(tenant.protection.hold_down_ms, 15'000U);
    EXPECT_EQ(tenant.protection.profile.verify_tcp, model::Countermeasure::always);
    EXPECT_EQ(tenant.protection.profile.services->at(1).port_last, 20'000);
    EXPECT_EQ(tenant.protection.profile.source_limit->bits_per_s, 50'000'000U);
    const auto& filter = tenant.protection.filters.at(0);
    EXPECT_EQ(filter.protocol, 6);
    EXPECT_EQ(filter.destination_port_first, 23);
    EXPECT_EQ(filter.tcp_flags_mask, net::tcp_flag::syn | net::tcp_flag::ack);
    EXPECT_EQ(filter.tcp_flags_value, net::tcp_flag::syn);
    EXPECT_EQ(filter.length_last, 64);
    const auto& getinfo = tenant.protection.filters.at(2);
    ASSERT_EQ(getinfo.payload.size(), 2U);
    EXPECT_EQ(getinfo.payload[0], (model::PayloadMatch{4, {0x47, 0x45, 0x54}, {0xdf, 0xdf, 0xdf}}));
    EXPECT_EQ(getinfo.payload[1], (model::PayloadMatch{0, {0xff, 0xff, 0xff, 0xff}, {}}));
    EXPECT_EQ(getinfo.source_is,
              (model::AttributeMatch{{"DE", "AT", "NO", "ZZ"}, true, {"botnet", "tor-exit"}}));
    EXPECT_EQ(tenant.protection.profile.pair_limit->packets_per_s, 2'000U);
    EXPECT_EQ(tenant.protection.profile.service_limit->bits_per_s, 300'000'000U);
    EXPECT_EQ(tenant.protection.limits.expires_after_s, 7200U);
    EXPECT_EQ(tenant.users->at(0).role, model::Role::tenant_admin);
    EXPECT_EQ(tenant.webhooks->at(0).kinds.at(0), "incident");
    EXPECT_EQ(policy->at(1).prefixes[0].site, "Graz") << "the only site of a tenant is that of its prefixes";
}

TEST(PolicyReader, WhatIsWrittenReadsBackAsTheSame) {
    const auto policy = read_policy(testdata::full_policy, "p.yaml");
    ASSERT_TRUE(policy);
    const std::string text = write_policy(*policy);
    const auto again = read_policy(text, "again.yaml");
    ASSERT_TRUE(again) << again.error().text() << "\n" << text;
    EXPECT_EQ(*again, *policy) << text;
    EXPECT_EQ(write_policy({}), "tenants: []\n");
    EXPECT_TRUE(read_policy("tenants: []\n", "none.yaml"));
}

TEST(PolicyReader, NamesThatLookLikeSomethingElseAreQuoted) {
    for (const std::string name : {"off", "No", "1234", "a: b", "# x", "tab\there", "\"", "null", "12:30",
                                   " x", "Österreich", "- a", "y"}) {
        model::TenantPolicy tenant;
        tenant.slug = "a";
        tenant.name = name;
        const auto again = read_policy(write_policy({tenant}), "p");
        ASSERT_TRUE(again) << again.error().text();
        EXPECT_EQ(again->at(0).name, name);
    }
}

TEST(PolicyReader, RefusesOverlappingPrefixesWithBothLines) {
    EXPECT_EQ(problems_of("tenants:\n"
                          "  - slug: acme\n"
                          "    prefixes: [192.0.2.0/24]\n"
                          "  - slug: borg\n"
                          "    prefixes:\n"
                          "      - 192.0.2.128/25\n"
                          "      - 2001:db8::/32\n"
                          "  - slug: corp\n"
                          "    prefixes: ['2001:db8:1::/48', 198.51.100.0/24]\n"),
              "p.yaml:6: 192.0.2.128/25 of tenant 'borg' overlaps 192.0.2.0/24 of tenant 'acme' in line 3 "
              "(an address belongs "
              "to one tenant and stands there once; remove it from one of them)\n"
              "p.yaml:9: 2001:db8:1::/48 of tenant 'corp' overlaps 2001:db8::/32 of tenant 'borg' in line 7 "
              "(an address "
              "belongs to one tenant and stands there once; remove it from one of them)");
}

TEST(PolicyReader, RefusesWhatCannotBeACustomers) {
    EXPECT_THAT(problems_of("tenants: [{slug: a, prefixes: [127.0.0.0/24]}]"),
                HasSubstr("holds loopback addresses"));
    EXPECT_THAT(problems_of("tenants: [{slug: a, prefixes: [0.0.0.0/0]}]"),
                HasSubstr("too wide for a customer (write /8 or longer)"));
    EXPECT_THAT(problems_of("tenants: [{slug: a, prefixes: ['ff02::/16']}]"), HasSubstr("multicast"));
    EXPECT_THAT(problems_of("tenants: [{slug: a, prefixes: [192.0.2.1/24]}]"),
                HasSubstr("bits set behind its length (write 192.0.2.0/24)"));
    EXPECT_EQ(problems_of("tenants: [{slug: a, prefixes: [10.0.0.0/8]}]"), "");
}

struct Refusal {
    const char* tenant;  // in flow style, without slug
    const char* sentence;
};
class Refusals : public ::testing::TestWithParam<Refusal> {};

TEST_P(Refusals, SaysWhatToWrite) {
    EXPECT_THAT(problems_of(fmt::format("tenants: [{{slug: acme, {}}}]", GetParam().tenant)),
                HasSubstr(GetParam().sentence));
}

INSTANTIATE_TEST_SUITE_P(
    Policy, Refusals,
    ::testing::Values(
        Refusal{"consnet: auto", "unknown key 'consnet' in tenants[0]"},
        Refusal{"prefix: [192.0.2.0/24]", "did you mean 'prefixes'?"},
        Refusal{"prefixes: [{prefix: 192.0.2.0/24, consent: on}]", "which is none of off, ask or auto"},
        Refusal{"prefixes: [{prefix: 192.0.2.0/24, consent: true}]",
                "must be a text, not true (write off, ask or auto)"},
        Refusal{"prefixes: [{prefix: 192.0.2.0/24, site: Wien}], sites: [{name: Wiem}, {name: Graz}]",
                "did you mean 'Wiem'?"},
        Refusal{"sites: [{name: a, line_rate: 1 Gb}]",
                "write a number and a unit, as in '20 kbps' or '1.5 Gbps'"},
        Refusal{"sites: [{name: a, line_rate: 1000}]", "write for example 'line_rate: 1 Gbps'"},
        Refusal{"sites: [{name: a}, {name: a}]", "site 'a' stands twice, first in line 1"},
        Refusal{"detection: {hold_down: 10}",
                "must be a text, not the number 10 (write for example 'hold_down: 10 s')"},
        Refusal{"detection: {hold_down: 2 d}", "hold_down is 2 d (write 1 s to 1 h)"},
        Refusal{"detection: {thresholds: [{name: x}]}", "threshold 'x' has no limit"},
        Refusal{"detection: {thresholds: [{name: x, packets: 20 kbps}]}", "its unit is not pps"},
        Refusal{"detection: {thresholds: [{name: x, packets: 0 pps}]}", "always fires"},
        Refusal{"detection: {thresholds: [{name: x, vector: syn, packets: 1 kpps}]}", "which is none of"},
        Refusal{"detection: {thresholds: [{name: x, line_rate_share: 80}]}", "write 0.05 to 1"},
        Refusal{"detection: {thresholds: [{name: x, line_rate_share: 0.8}]}",
                "no site of tenant 'acme' has a line_rate"},
        Refusal{"protection: {template: webb}", "did you mean 'web'?"},
        Refusal{"protection: {verify_tcp: yes}", "none of never, on-attack or always"},
        Refusal{"protection: {drop_invalid: yes}",
                "write true or false; 'yes', 'no', 'on' and 'off' are texts"},
        Refusal{"protection: {services: [http]}", "'http' is no service (write 'tcp/443'"},
        Refusal{"protection: {services: [esp/5]}", "is no service"},
        Refusal{"protection: {level: hard}", "which is none of auto, analysis, basic or strong"},
        Refusal{"protection: {watch: [filter]}", "which is none of reflection, verify, anomaly"},
        Refusal{"protection: {watch: [rate, rate]}", "holds 'rate' twice"},
        Refusal{"protection: {verify_dns: tc}", "none of off, truncate or first-drop"},
        Refusal{"protection: {verify_udp: truncate}", "none of off or first-drop"},
        Refusal{"protection: {tcp_method: cookie}", "none of safe-reset, first-drop or splice"},
        Refusal{"protection: {tcp_method: splice}",
                "which has no firewall (write 'tcp_method: safe-reset', or give the tenant a firewall)"},
        Refusal{"protection: {protocol: {quic: true}}", "unknown key 'quic'"},
        Refusal{"protection: {protocol: {connections: -1}}", "write 0 to 1000000"},
        Refusal{"protection: {anomaly: {filter_for: 1 d}}", "write 5 s to 1 h"},
        Refusal{"protection: {anomaly: {odd_lengths: 1}}", "must be true or false"},
        Refusal{"protection: {verified_for: 1 s}", "write 10 s to 1 d"},
        Refusal{"filters: [{name: x, action: drop, destination: 203.0.113.0/24}]",
                "is not within the prefixes of tenant 'acme'"},
        Refusal{"filters: [{name: x, action: drop, payload: [{bytes: \"0\"}]}]",
                "write 1 to 16 bytes as hexadecimal digits in quotes"},
        Refusal{"filters: [{name: x, action: drop, payload: [{bytes: ff, offset: 1401}]}]", "1400"},
        Refusal{"filters: [{name: x, action: drop, payload: [{offset: 1}]}]", "'bytes'"},
        Refusal{"filters: [{name: x, action: drop, payload: [{bytes: ff ff, mask: ff}]}]",
                "the mask has 1 bytes, and what it is for has 2"},
        Refusal{"filters: [{name: x, action: drop, payload: [{bytes: ff, mask: \"0f\"}]}]",
                "byte 1 asks for bits that the mask leaves out"},
        Refusal{"filters: [{name: x, action: drop, country: [de]}]", "write two capital letters"},
        Refusal{"filters: [{name: x, action: drop, country: [DE], country_not: [AT]}]",
                "country or country_not, not both"},
        Refusal{"filters: [{name: x, action: drop, reputation: [Bot]}]", "write small letters"},
        Refusal{"protection: {pair_limit: {packets: 1}}", "pair_limit"},
        Refusal{"filters: [{name: x, action: drop, destination_port: 23}]",
                "has ports but its protocol has none"},
        Refusal{"filters: [{name: x, action: drop, protocol: udp, tcp_flags_set: [syn]}]",
                "write 'protocol: tcp'"},
        Refusal{
            "filters: [{name: x, action: drop, protocol: tcp, tcp_flags_set: [syn], tcp_flags_clear: [syn]}]",
            "cannot be set and clear"},
        Refusal{"filters: [{name: x, action: drop, protocol: tpc}]", "which is none of tcp, udp"},
        Refusal{"mitigation: {max_active: -1}", "which is too small (write 0 to 1024)"},
        Refusal{"mitigation: {max_active: 010}", "must be a whole number, not the text '010'"},
        Refusal{"mitigation: {expires_after: 1 s}", "write 1 min to 30 d"},
        Refusal{"users: [{login: a, role: operator_admin}]", "none of tenant_admin or tenant_viewer"},
        Refusal{"users: [{login: a, role: tenant_admin, password: x}]", "unknown key 'password'"},
        Refusal{"users: [{login: a, role: tenant_admin}, {login: a, role: tenant_viewer}]",
                "login 'a' stands twice"},
        Refusal{"webhooks: [{url: ftp://x}]", "is no web address"}));

TEST(PolicySchema, KnowsEveryVectorOfTheModel) {
    const auto schema = detail::find_schema("policy.schema.json");
    ASSERT_TRUE(schema);
    for (const auto& vector : model::attack_vectors()) {
        if (vector.vector == model::AttackVector::port_scan) continue;  // no rate to set a threshold on
        EXPECT_EQ(problems_of(fmt::format("tenants: [{{slug: a, detection: {{thresholds: [{{name: x, vector: "
                                          "{}, packets: 1 kpps}}]}}}}]",
                                          vector.name)),
                  "");
        if (vector.source_port != 0) {
            EXPECT_EQ(problems_of(fmt::format("tenants: [{{slug: a, protection: {{reflection: [{}]}}}}]",
                                              vector.name)),
                      "");
        }
    }
}

TEST(PolicyReader, ReadsTenThousandTenantsInASecond) {
    std::string text = "tenants:\n";
    for (int i = 0; i < 10'000; ++i)
        text +=
            fmt::format("  - slug: t{}\n    prefixes:\n      - {{prefix: 10.{}.{}.0/24, consent: auto}}\n", i,
                        i / 256, i % 256);
    const auto start = std::chrono::steady_clock::now();
    const auto policy = read_policy(text, "big.yaml");
    ASSERT_TRUE(policy) << policy.error().text();
    EXPECT_EQ(policy->size(), 10'000U);
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds{10});
    EXPECT_EQ(policy->at(9'999).prefixes[0].prefix, prefix("10.39.15.0/24"));
}

}  // namespace
}  // namespace sluice::policy
