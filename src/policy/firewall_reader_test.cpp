#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policy/policy_reader.hpp"
#include "policy/policy_writer.hpp"
#include "policy/testdata/full_policy.hpp"

namespace sluice::policy {
namespace {

using ::testing::HasSubstr;

net::Prefix prefix(std::string_view text) {
    return net::Prefix::parse(text).value();
}

TEST(FirewallReader, TakesEveryKey) {
    const auto policy = read_policy(testdata::full_policy, "p.yaml");
    ASSERT_TRUE(policy) << policy.error().text();
    ASSERT_TRUE(policy->at(0).protection.firewall);
    const auto& firewall = *policy->at(0).protection.firewall;
    EXPECT_EQ(firewall.time_zone, "Europe/Vienna");
    EXPECT_EQ(firewall.zones.size(), 5U);
    const auto& attachment = firewall.attachments.at(0);
    EXPECT_EQ(attachment.kind, model::AttachmentKind::vlan);
    EXPECT_EQ(attachment.vlan, 110);
    EXPECT_EQ(attachment.gateway4.to_string(), "10.1.0.1");
    EXPECT_EQ(attachment.next_hop_mac[2], 0x5e);
    EXPECT_EQ(attachment.prefixes.at(1), prefix("2001:db8:a:1::/64"));
    EXPECT_EQ(firewall.attachments.at(1).inner_vlan, 20);
    EXPECT_EQ(firewall.attachments.at(2).vni, 5010U);
    EXPECT_EQ(firewall.addresses.at(1).ranges.at(1).last.to_string(), "10.3.0.20");
    EXPECT_EQ(firewall.services.at(0).matches.at(1).source_port.first, 1024);
    EXPECT_EQ(firewall.services.at(0).matches.at(2).icmp_code, 4);
    EXPECT_EQ(firewall.schedules.at(0).days, 0x1f);
    EXPECT_EQ(firewall.schedules.at(0).hours.at(1).end_minute, 18 * 60);
    EXPECT_TRUE(firewall.rules.at(0).log);
    EXPECT_TRUE(firewall.rules.at(1).destination.empty()) << "any is what an absent key says";
    EXPECT_EQ(firewall.rules.at(1).schedule.size(), 2U);
    EXPECT_TRUE(firewall.rules.at(2).disabled);
    EXPECT_EQ(firewall.nat.at(0).pool.size(), 2U);
    EXPECT_EQ(firewall.nat.at(1).server_port, 8443);
    EXPECT_FALSE(firewall.nat.at(1).hairpin);
    EXPECT_EQ(firewall.timeouts.udp_single_s, 10U);
    EXPECT_EQ(firewall.limits.new_flows_a_source_per_s, 100U);
    EXPECT_EQ(firewall.outbound.packets_per_s, 100'000U);
    EXPECT_EQ(firewall.attacks,
              (model::OutboundPolicy{model::OutboundAction::block, 300, 40, 5'000, 3, 600}));
    EXPECT_FALSE(firewall.strict_tcp);
}

// The smallest firewall that is whole: what each refusal changes.
std::string tenant_with(std::string_view firewall) {
    return fmt::format(
        "tenants: [{{slug: acme, sites: [{{name: Vienna}}], prefixes: [192.0.2.0/24, '2001:db8::/48'], "
        "firewall: {{zones: [inside], attachments: [{{name: hq, zone: inside, kind: vlan, vlan: 10, "
        "prefixes: "
        "[10.0.0.0/16]}}], {}}}}}]",
        firewall);
}

struct Told {
    std::string problems;
    std::string warnings;
};
Told told(const std::string& text) {
    Problems warnings;
    const auto policy = read_policy(text, "p.yaml", &warnings);
    return {policy ? "" : policy.error().text(), warnings.text()};
}

TEST(FirewallReader, TheSmallestOneIsTaken) {
    EXPECT_EQ(told(tenant_with("strict_tcp: true")).problems, "");
}

struct Refusal {
    const char* firewall;  // in flow style, besides zones and attachments
    const char* sentence;
};
class FirewallRefusals : public ::testing::TestWithParam<Refusal> {};

TEST_P(FirewallRefusals, SaysWhatToWrite) {
    EXPECT_THAT(told(tenant_with(GetParam().firewall)).problems, HasSubstr(GetParam().sentence));
}

INSTANTIATE_TEST_SUITE_P(
    Firewall, FirewallRefusals,
    ::testing::Values(
        Refusal{"rules: [{name: a, from: insid, action: allow}]",
                "there is no zone 'insid' (did you mean 'inside'?)"},
        Refusal{"outbound: {contain: stop}", "which is none of off, watch, limit or block"},
        Refusal{"outbound: {targets_per_second: 5000}", "(write 10 to 1000)"},
        Refusal{"outbound: {hold: 1 s}", "hold is 1 s (write 10 s to 1 d)"},
        Refusal{"rules: [{name: a, from: dmz, action: allow}]",
                "there is no zone 'dmz' (write inside or internet, or define it under 'zones')"},
        Refusal{"rules: [{name: a, from: [], action: allow}]", "write at least 1"},
        Refusal{"rules: [{name: a, from: [any, inside], action: allow}]", "'any' stands alone"},
        Refusal{"rules: [{name: a, action: permit}]", "which is none of allow, drop or reject"},
        Refusal{"rules: [{name: 7up, action: drop}]", "'7up' is no name (begin with a letter"},
        Refusal{"rules: [{name: a, action: drop}, {name: a, action: drop}]", "rule 'a' stands twice"},
        Refusal{"rules: [{name: a, source: web-servr, action: drop}], addresses: [{name: web-server, "
                "addresses: 10.0.0.1}]",
                "there is no address or address group 'web-servr' (did you mean 'web-server'?)"},
        Refusal{"rules: [{name: a, source: 10.0.0.1/16, action: drop}]", "write 10.0.0.0/16"},
        Refusal{"rules: [{name: a, source: 10.0.0.9-10.0.0.1, action: drop}]", "is no range of addresses"},
        Refusal{"rules: [{name: a, source: '::1-2001::', action: drop}]", "write ::/0 for all IPv6"},
        Refusal{"rules: [{name: a, service: htps, action: drop}]", "did you mean 'https'?"},
        Refusal{"rules: [{name: a, service: 443, action: drop}]", "write for example 'service: https'"},
        Refusal{"rules: [{name: a, service: tcp/70000, action: drop}]",
                "'tcp/70000' is no protocol with ports"},
        Refusal{"rules: [{name: a, users: finanz, action: drop}], user_groups: [finance]",
                "there is no user or user group 'finanz' (did you mean 'finance'?)"},
        Refusal{"rules: [{name: a, schedule: office, action: drop}]",
                "there is no schedule 'office' (define it under 'schedules' first)"},
        Refusal{"rules: [{name: a, source: 10.0.0.1, destination: '2001:db8::1', action: drop}]",
                "rule 'a' can never match: its sources are IPv4, its destinations IPv6"},
        Refusal{"services: [{name: https, match: tcp/8443}]", "service 'https' is built in"},
        Refusal{"services: [{name: erp, match: tcp/8443}, {name: erp, match: tcp/1}]",
                "service or service group 'erp' stands twice"},
        Refusal{"addresses: [{name: any, addresses: 10.0.0.1}]", "'any' stands for everything"},
        Refusal{"address_groups: [{name: a, members: [b]}, {name: b, members: [a]}]",
                "groups hold each other: a → b → a"},
        Refusal{"address_groups: [{name: a, members: [a]}]", "groups hold each other: a → a"},
        Refusal{"address_groups: [{name: a, members: [any]}]", "there is no address or address group 'any'"},
        Refusal{"schedules: [{name: s, days: mon-fry}]", "'mon-fry' is no day of the week"},
        Refusal{"schedules: [{name: s, hours: 8-18}]", "write two times of 24 hours, as in 08:00-18:00"},
        Refusal{"time_zone: Europe/Wien", "'Europe/Wien' is no known time zone"},
        Refusal{"time_zone: ../../../etc/passwd", "is no known time zone"},
        Refusal{"timeouts: {udp: 500 ms}", "udp is 500 ms (write 1 s to 7 d)"},
        Refusal{"nat: [{name: n, kind: source, pool: 198.51.100.0/29}]",
                "198.51.100.0/29 is not within the prefixes of tenant 'acme'"},
        Refusal{"nat: [{name: n, kind: source, source: '2001:db8::/64', pool: '2001:db8:0:1::/64'}]",
                "the pools hold more than 1024 addresses"},
        Refusal{"rules: [{name: a, service: sctp/7, action: drop}]", "'sctp/7' is no protocol with ports"},
        Refusal{"nat: [{name: n, kind: source}]", "NAT rule 'n' has no 'pool'"},
        Refusal{"nat: [{name: n, kind: source, pool: 192.0.2.0/29, server: 10.0.0.1}]",
                "'server' means nothing in NAT rule 'n', which is source"},
        Refusal{"nat: [{name: n, kind: source, pool: [192.0.2.0/29, '2001:db8::/64']}]",
                "holds both families"},
        Refusal{"nat: [{name: n, kind: source, source: '2001:db8::/64', pool: 192.0.2.0/29}]",
                "no source of NAT rule 'n' is IPv4, as its pool is"},
        Refusal{"nat: [{name: n, kind: port-forward, public: 192.0.2.1, service: https, server: 'fd00::1'}]",
                "the server of port forward 'n' is IPv6, its public side is IPv4 (write an IPv4 address)"},
        Refusal{
            "nat: [{name: n, kind: port-forward, public: 192.0.2.0/29, service: https, server: 10.0.0.1}]",
            "write one address"},
        Refusal{"nat: [{name: n, kind: port-forward, public: 192.0.2.1, service: ping, server: 10.0.0.1}]",
                "has a service without ports"},
        Refusal{"nat: [{name: n, kind: port-forward, public: 192.0.2.1, service: [http, https], server: "
                "10.0.0.1, server_port: 8080}]",
                "has several ports and one server_port"},
        Refusal{"nat: [{name: n, kind: port-forward, public: 192.0.2.1, service: tcp/1000-2000, server: "
                "10.0.0.1, server_port: 65000}]",
                "reach beyond 65535"},
        Refusal{"nat: [{name: n, kind: port-forward, public: 192.0.2.1, service: https, server: 10.0.0.1}, "
                "{name: m, kind: port-forward, public: 192.0.2.1, service: tcp/400-500, server: 10.0.0.2}]",
                "NAT rule 'm' collides with 'n' in line 1: both take 192.0.2.1 tcp/443"},
        Refusal{"nat: [{name: n, kind: one-to-one, public: 192.0.2.0/29, inside: 10.0.0.0/28}]",
                "maps a /29 to a /28"},
        Refusal{"nat: [{name: n, kind: source, pool: 192.0.2.0/29}, {name: m, kind: one-to-one, public: "
                "192.0.2.1, inside: 10.0.0.1}]",
                "collides with the pool of 'n'"},
        Refusal{"nat: [{name: n, kind: exempt}]", "exempts everything"}));

struct Attached {
    const char* firewall;
    const char* sentence;
};
class AttachmentRefusals : public ::testing::TestWithParam<Attached> {};

TEST_P(AttachmentRefusals, SaysWhatToWrite) {
    EXPECT_THAT(
        told(
            fmt::format("tenants: [{{slug: acme, sites: [{{name: Vienna}}], prefixes: [192.0.2.0/24], "
                        "firewall: {{{}}}}}, {{slug: borg, prefixes: [198.51.100.0/24], firewall: {{zones: "
                        "[inside], attachments: [{{name: x, zone: inside, kind: vlan, vlan: 10, prefixes: "
                        "[10.0.0.0/8]}}, {{name: y, zone: inside, kind: prefix, prefixes: [172.16.0.0/24]}}, "
                        "{{name: z, zone: inside, kind: port, port: west, prefixes: [172.17.0.0/24]}}]}}}}]",
                        GetParam().firewall))
            .problems,
        HasSubstr(GetParam().sentence));
}

INSTANTIATE_TEST_SUITE_P(
    Firewall, AttachmentRefusals,
    ::testing::Values(
        Attached{"zones: [inside]", "nothing is attached to zone 'inside'"},
        Attached{"zones: []", "the firewall of tenant 'acme' has no attachment"},
        Attached{"zones: [internet]", "zone 'internet' is there without being named"},
        Attached{"attachments: [{name: a, zone: inside, kind: prefix, prefixes: [10.0.0.0/8]}]",
                 "there is no zone 'inside'"},
        Attached{"attachments: [{name: a, zone: internet, kind: prefix, prefixes: [10.0.0.0/8]}]",
                 "the internet is not attached by a tenant"},
        Attached{"zones: [in], attachments: [{name: a, zone: in, kind: vlan, prefixes: [10.0.0.0/8]}]",
                 "attachment 'a' has no 'vlan' (kind vlan needs it)"},
        Attached{"zones: [in], attachments: [{name: a, zone: in, kind: port, port: e, vlan: 3, prefixes: "
                 "[10.0.0.0/8]}]",
                 "'vlan' means nothing in attachment 'a', which is of kind port"},
        Attached{
            "zones: [in], attachments: [{name: a, zone: in, kind: vlan, vlan: 3, gateway4: '2001:db8::1', "
            "prefixes: [10.0.0.0/8]}]",
            "'2001:db8::1' is no IPv4 address (write one as 10.1.0.1)"},
        Attached{"zones: [in], attachments: [{name: a, site: Wiena, zone: in, kind: vlan, vlan: 3, prefixes: "
                 "[10.0.0.0/8]}]",
                 "tenant 'acme' has no site 'Wiena'"},
        Attached{
            "zones: [in], attachments: [{name: a, zone: in, kind: vlan, vlan: 3, prefixes: [10.0.0.0/8]}, "
            "{name: b, zone: in, kind: vlan, vlan: 4, prefixes: [10.0.0.0/8]}]",
            "10.0.0.0/8 of attachment 'b' overlaps 10.0.0.0/8 of 'a' in line 1"},
        Attached{
            "zones: [in], attachments: [{name: a, zone: in, kind: vlan, vlan: 10, prefixes: [10.0.0.0/8]}]",
            "is at VLAN 10 of port clean, where 'a' of tenant 'acme' is in line 1"},
        Attached{"zones: [in], attachments: [{name: a, zone: in, kind: vlan, port: west, vlan: 10, prefixes: "
                 "[10.0.0.0/8]}]",
                 "is at port west, where 'a' of tenant 'acme' is in line 1"},
        Attached{"zones: [in], attachments: [{name: a, zone: in, kind: prefix, prefixes: [172.16.0.0/25]}]",
                 "the routed prefix 172.16.0.0/25 of tenant 'acme' overlaps 172.16.0.0/24 of tenant 'borg'"},
        Attached{"zones: [in], attachments: [{name: a, zone: in, kind: prefix, prefixes: [198.51.100.0/25]}]",
                 "the routed prefix 198.51.100.0/25 of tenant 'acme' overlaps 198.51.100.0/24 of tenant "
                 "'borg'"}));

TEST(FirewallReader, TwoCustomersMayHaveTheSamePrivateNetworks) {
    EXPECT_EQ(
        told("tenants: [{slug: a, firewall: {zones: [in], attachments: [{name: x, zone: in, kind: vlan, "
             "vlan: 10, prefixes: [10.0.0.0/8]}]}}, {slug: b, firewall: {zones: [in], attachments: "
             "[{name: x, zone: in, kind: vlan, vlan: 11, prefixes: [10.0.0.0/8]}]}}]")
            .problems,
        "");
}

TEST(FirewallReader, WarnsOfRulesThatNeverMatch) {
    const auto covered = told(tenant_with(
        "rules: [{name: all, from: inside, service: [tcp, udp], action: allow},\n"
        "{name: web, from: inside, to: internet, source: 10.0.1.0/24, service: https, action: drop},\n"
        "{name: ping, from: inside, service: ping, action: allow},\n"
        "{name: off, disabled: true, from: inside, service: https, action: drop}]"));
    EXPECT_EQ(covered.problems, "");
    EXPECT_EQ(covered.warnings,
              "p.yaml:2: rule 'web' can never match: 'all' in line 1 takes everything before it (move it "
              "before 'all', or remove it)");
}

TEST(FirewallReader, WarnsOfANetworkWithinAnother) {
    const auto nested = told(
        "tenants: [{slug: a, firewall: {zones: [in], attachments: [{name: x, zone: in, kind: vlan, vlan: "
        "10, prefixes: [10.0.0.0/8]}, {name: y, zone: in, kind: vlan, vlan: 11, prefixes: "
        "[10.9.0.0/16]}]}}]");
    EXPECT_EQ(nested.problems, "");
    EXPECT_THAT(nested.warnings, HasSubstr("10.9.0.0/16 of attachment 'y' lies within 10.0.0.0/8 of 'x'"));
}

TEST(FirewallReader, APortForwardMayBeAnExceptionFromOneToOne) {
    const char* forward =
        "{name: n, kind: port-forward, public: 192.0.2.1, service: https, server: 10.0.0.1}";
    const char* mapped = "{name: m, kind: one-to-one, public: 192.0.2.1, inside: 10.0.0.2}";
    EXPECT_EQ(told(tenant_with(fmt::format("nat: [{}, {}]", forward, mapped))).problems, "");
    EXPECT_THAT(told(tenant_with(fmt::format("nat: [{}, {}]", mapped, forward))).problems,
                HasSubstr("collides"));
}

}  // namespace
}  // namespace sluice::policy
