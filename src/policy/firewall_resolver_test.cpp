#include "policy/firewall_resolver.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policy/firewall_text.hpp"
#include "policy/policy_reader.hpp"
#include "policy/testdata/full_policy.hpp"
#include "policy/well_known_services.hpp"

namespace sluice::policy {
namespace {

using namespace std::chrono;
using ::testing::ElementsAre;

net::Prefix prefix(std::string_view text) {
    return net::Prefix::parse(text).value();
}

const base::Timestamp winter{sys_days{2026y / January / 15}};

model::FirewallPolicy full() {
    return read_policy(testdata::full_policy, "p.yaml").value().at(0).protection.firewall.value();
}

TEST(ResolveFirewall, WritesNamesOut) {
    const auto program = resolve_firewall(full(), winter);
    ASSERT_TRUE(program) << program.error().message();
    EXPECT_TRUE(program->enabled);
    EXPECT_THAT(program->zones, ElementsAre("internet", "inside", "dmz", "branch", "lab", "home"));
    EXPECT_EQ(program->attachments.at(2).zone, 3);
    EXPECT_EQ(program->attachments.at(2).vni, 5010U);
    EXPECT_EQ(program->attachments.at(0).next_hop_mac[5], 1);
    ASSERT_EQ(program->rules.size(), 2U) << "a rule that is switched off is left out";
    const auto& web = program->rules[0];
    EXPECT_THAT(web.from, ElementsAre(model::internet_zone));
    EXPECT_EQ(web.services.size(), 7U) << "http, https, four of erp, tcp/8080-8090";
    const auto& out = program->rules[1];
    EXPECT_THAT(out.from, ElementsAre(1, 3));
    EXPECT_THAT(out.sources, ElementsAre(prefix("10.1.0.0/16"), prefix("10.3.0.10/31"),
                                         prefix("10.3.0.12/30"), prefix("10.3.0.16/30"), prefix("10.3.0.20"),
                                         prefix("10.3.1.0/24"), prefix("2001:db8:a:1::/64")));
    EXPECT_TRUE(out.destinations.empty());
    EXPECT_EQ(out.action, model::RuleAction::reject);
    EXPECT_EQ(program->timeouts.udp_s, 120U);
    EXPECT_EQ(program->inbound.bits_per_s, 500'000'000U);
    EXPECT_FALSE(program->strict_tcp);
}

TEST(ResolveFirewall, NatKeepsToThePoolsFamily) {
    const auto program = resolve_firewall(full(), winter).value();
    ASSERT_EQ(program.nat.size(), 4U);
    EXPECT_EQ(program.nat[0].match.size(), 5U) << "without the office's IPv6";
    EXPECT_THAT(program.nat[0].translated, ElementsAre(prefix("192.0.2.16/29"), prefix("192.0.2.32")));
    EXPECT_THAT(program.nat[1].translated, ElementsAre(prefix("10.2.0.10")));
    EXPECT_EQ(program.nat[1].translated_port, 8443);
    EXPECT_EQ(program.nat[2].kind, model::NatKind::one_to_one);
    EXPECT_THAT(program.nat[3].match, ElementsAre(prefix("10.1.0.0/16")));
}

TEST(ResolveFirewall, SchedulesChangeWithTheClocks) {
    const auto policy = full();
    EXPECT_EQ(next_schedule_change(policy, winter), base::Timestamp{sys_days{2026y / March / 29} + 1h});
    const auto before = resolve_firewall(policy, winter)->rules.at(1).windows;
    const auto after = resolve_firewall(policy, *next_schedule_change(policy, winter))->rules.at(1).windows;
    EXPECT_NE(before, after);
    auto utc = policy;
    utc.time_zone = "UTC";
    EXPECT_EQ(next_schedule_change(utc, winter), std::nullopt);
    utc = policy;
    utc.schedules.clear();
    EXPECT_EQ(next_schedule_change(utc, winter), std::nullopt);
}

// A policy that no reader has checked: an unknown name is never taken for "any".
TEST(ResolveFirewall, RefusesWhatStandsForNothing) {
    using Change = void (*)(model::FirewallPolicy&);
    const Change changes[] = {
        [](auto& f) { f.rules[0].source = {"nobody"}; },
        [](auto& f) { f.rules[0].destination = {"10.0.0.0/33"}; },
        [](auto& f) { f.rules[0].service = {"nothing"}; },
        [](auto& f) { f.rules[0].from = {"nowhere"}; },
        [](auto& f) { f.rules[0].to = {"nowhere"}; },
        [](auto& f) { f.rules[0].users = {"nobody"}; },
        [](auto& f) { f.rules[0].schedule = {"never"}; },
        [](auto& f) { f.attachments[0].zone = "nowhere"; },
        [](auto& f) {
            f.address_groups[0].members = {"everybody"};
            f.rules[0].source = {"everybody"};
        },
        [](auto& f) { f.nat[0].pool.clear(); },
        [](auto& f) { f.nat[1].server.reset(); },
        [](auto& f) { f.nat[2].inside.reset(); },
        [](auto& f) { f.time_zone = "Europe/Wien"; },
    };
    for (std::size_t i = 0; i < std::size(changes); ++i) {
        auto policy = full();
        changes[i](policy);
        EXPECT_FALSE(resolve_firewall(policy, winter)) << "change " << i;
    }
}

TEST(ResolveFirewall, RefusesRulesThatGrowWithoutEnd) {
    model::FirewallPolicy policy;
    model::AddressObject object{"many", {}};
    for (std::uint32_t i = 0; i < 1'000; ++i) {
        const auto address = net::Address::v4(0x0a000000 + i * 2);
        object.ranges.push_back({address, address});
    }
    policy.addresses = {object};
    for (int i = 0; i < 300; ++i) {
        model::RulePolicy rule;
        rule.name = fmt::format("r{}", i);
        rule.source = {"many"};
        policy.rules.push_back(rule);
    }
    const auto program = resolve_firewall(policy, winter);
    ASSERT_FALSE(program);
    EXPECT_EQ(program.error().code, base::ErrorCode::exhausted);
    policy.rules.resize(100);
    EXPECT_TRUE(resolve_firewall(policy, winter));
}

TEST(WellKnownServices, AllMeanSomething) {
    for (const auto& service : well_known_services()) {
        EXPECT_TRUE(detail::is_object_name(service.name)) << service.name;
        EXPECT_FALSE(find_well_known_service(service.name).empty()) << service.name;
    }
    EXPECT_EQ(find_well_known_service("ping").size(), 2U);
    EXPECT_TRUE(find_well_known_service("nothing").empty());
}

TEST(AddressRanges, BecomeTheFewestPrefixes) {
    const auto prefixes = [](std::string_view text) {
        std::vector<std::string> all;
        std::vector<net::Prefix> made;
        detail::add_prefixes(detail::parse_address_range(text).value(), made);
        for (const auto& one : made) all.push_back(detail::format_prefix(one));
        return all;
    };
    EXPECT_THAT(prefixes("10.0.0.0-10.0.0.255"), ElementsAre("10.0.0.0/24"));
    EXPECT_THAT(prefixes("10.0.0.1-10.0.0.6"),
                ElementsAre("10.0.0.1", "10.0.0.2/31", "10.0.0.4/31", "10.0.0.6"));
    EXPECT_THAT(prefixes("0.0.0.0-255.255.255.255"), ElementsAre("0.0.0.0/0"));
    EXPECT_THAT(prefixes("255.255.255.255"), ElementsAre("255.255.255.255"));
    EXPECT_THAT(prefixes("2001:db8::-2001:db8::2"), ElementsAre("2001:db8::/127", "2001:db8::2"));
    EXPECT_THAT(prefixes("::/0"), ElementsAre("::/0"));
    EXPECT_EQ(prefixes("0.0.0.1-255.255.255.254").size(), 62U);
}

TEST(ServiceMatches, AreWrittenAsTheyAreRead) {
    for (const std::string text : {"any", "tcp", "tcp/443", "udp/1000-2000", "udp/1024-65535>53", "sctp",
                                   "icmp", "icmp/8", "icmp/3/4", "icmpv6/128", "esp", "gre", "ip/89"}) {
        const auto match = detail::parse_service_match(text);
        ASSERT_TRUE(match) << text;
        EXPECT_EQ(detail::format_service_match(*match), text);
    }
    for (const std::string text : {"", "tcp/", "tcp/70000", "tcp/2-1", "icmp/256", "sctp/7", "icmp/8/",
                                   "esp/5", "ip/0", "ip", "ip/256", "tcp/1>", "tcp/>1", "foo"})
        EXPECT_FALSE(detail::parse_service_match(text)) << text;
}

}  // namespace
}  // namespace sluice::policy
