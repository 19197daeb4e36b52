// A firewall's addresses by country and reputation: from the policy file to the program, and back.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policy/firewall_resolver.hpp"
#include "policy/firewall_words.hpp"
#include "policy/policy_diff.hpp"
#include "policy/policy_reader.hpp"
#include "policy/policy_writer.hpp"

namespace sluice::policy {
namespace {

using model::AttributeMatch;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Each line of `rest` stands in a line of its own, the first one in line 7.
std::string with(std::string_view rest) {
    return fmt::format(
        "tenants:\n- slug: acme\n  prefixes: [192.0.2.0/24]\n  firewall:\n    zones: [inside]\n"
        "    attachments: [{{name: hq, zone: inside, kind: vlan, vlan: 10, prefixes: [10.0.0.0/16]}}]\n{}\n",
        rest);
}

constexpr std::string_view objects =
    "    addresses:\n"
    "    - {name: abroad, country: [RU, CN]}\n"
    "    - {name: away, country_not: [DE]}\n"
    "    - {name: bad-hosts, reputation: [botnet, scanner]}\n"
    "    - {name: worst, country: [ZZ], reputation: [botnet]}\n"
    "    - {name: office, addresses: 10.0.9.0/24}\n"
    "    address_groups: [{name: unwanted, members: [abroad, bad-hosts, office, 10.0.8.1]}]\n";

model::TenantPolicy read(const std::string& text) {
    const auto policy = read_policy(text, "p.yaml");
    EXPECT_TRUE(policy) << policy.error().text();
    return policy ? policy->at(0) : model::TenantPolicy{};
}
std::string problems(std::string_view rest) {
    const auto policy = read_policy(with(rest), "p.yaml");
    return policy ? "" : policy.error().text();
}

TEST(AddressAttributes, RulesHoldWhatObjectsAndGroupsAskFor) {
    const auto tenant =
        read(with(std::string(objects) + "    rules:\n"
                                         "    - {name: in, from: internet, source: unwanted, action: drop}\n"
                                         "    - {name: out, destination: [worst, away], action: reject}\n"
                                         "    - {name: any, source: any, action: allow}"));
    const auto program = resolve_firewall(*tenant.protection.firewall, {});
    ASSERT_TRUE(program) << program.error().message();
    const auto& in = program->rules.at(0);
    EXPECT_THAT(in.source_is, ElementsAre(AttributeMatch{{"RU", "CN"}, false, {}},
                                          AttributeMatch{{}, false, {"botnet", "scanner"}}));
    EXPECT_THAT(in.sources, ElementsAre(*net::Prefix::parse("10.0.8.1"), *net::Prefix::parse("10.0.9.0/24")));
    EXPECT_THAT(in.destination_is, IsEmpty());
    const auto& out = program->rules.at(1);
    EXPECT_THAT(out.destinations, IsEmpty());
    EXPECT_THAT(out.destination_is,
                ElementsAre(AttributeMatch{{"ZZ"}, false, {"botnet"}}, AttributeMatch{{"DE"}, true, {}}));
    EXPECT_THAT(program->rules.at(2).source_is, IsEmpty());
}

TEST(AddressAttributes, AreWrittenAsTheyWereRead) {
    const auto tenant = read(with(objects));
    const auto again = read(write_policy({tenant}));
    EXPECT_EQ(again.protection.firewall->addresses, tenant.protection.firewall->addresses);
}

TEST(AddressAttributes, AChangeIsToldInWords) {
    const auto before =
        read(with(std::string(objects) + "    rules: [{name: in, source: unwanted, action: drop}]"));
    auto after = before;
    after.protection.firewall->addresses.at(0).is.countries = {"RU"};
    std::vector<std::string> told;
    for (const auto& change : diff({before}, {after})) told.push_back(sentence(change));
    EXPECT_THAT(told,
                Contains(HasSubstr("now also holds what is in RU; no longer holds what is in RU or CN (used "
                                   "by rule in)")));
    EXPECT_EQ(sentence(AttributeMatch{{"DE", "AT"}, true, {"botnet"}}),
              "What is in none of DE and AT and known for botnet, by the gateways' tables.");
    EXPECT_EQ(sentence(AttributeMatch{}), "");
}

struct Refusal {
    const char* rest;
    const char* sentence;
};
class AddressAttributeRefusals : public ::testing::TestWithParam<Refusal> {};

TEST_P(AddressAttributeRefusals, SayTheLineAndWhatToWrite) {
    EXPECT_THAT(problems(GetParam().rest), HasSubstr(GetParam().sentence));
}

INSTANTIATE_TEST_SUITE_P(
    Firewall, AddressAttributeRefusals,
    ::testing::Values(
        Refusal{
            "    addresses:\n    - {name: a}",
            "p.yaml:8: address 'a' stands for nothing (write addresses, country, country_not or reputation)"},
        Refusal{
            "    addresses:\n    - {name: a, addresses: 10.0.0.1,\n       country: [DE]}",
            "p.yaml:8: address 'a' has prefixes and asks for what tables say (write two addresses; a group "
            "may hold both)"},
        Refusal{"    addresses:\n    - name: a\n      country: [DE]\n      country_not: [AT]",
                "p.yaml:10: an address has country or country_not, not both (leave one out)"},
        Refusal{"    addresses:\n    - {name: a, countries: [DE]}", "did you mean 'country'?"},
        Refusal{"    addresses:\n    - {name: a, country: [de]}",
                "p.yaml:8: tenants[0].firewall.addresses[0].country[0]: 'de' is no country code (write two"},
        Refusal{"    addresses:\n    - {name: a, country: []}", "write at least 1"},
        Refusal{"    addresses:\n    - {name: a, reputation: [Botnet]}", "'Botnet' is no reputation tag"},
        Refusal{
            "    addresses: [{name: a, country: [DE]}]\n"
            "    nat:\n    - {name: out, kind: source, to: internet, source: a, pool: 192.0.2.1}",
            "p.yaml:9: 'a' goes by country or reputation, and NAT by addresses alone (write prefixes here"},
        Refusal{"    addresses: [{name: a, country: [DE]}]\n"
                "    address_groups: [{name: g, members: [10.0.0.1, a]}]\n"
                "    nat:\n    - {name: out, kind: exempt, source: g}",
                "p.yaml:10: 'g' goes by country or reputation"}));

TEST(AddressAttributes, ARuleAsksForNoMoreThanGatewaysTake) {
    std::string text = "    addresses:\n";
    std::string members;
    for (char a = 'A'; a <= 'C'; ++a) {
        for (char b = 'A'; b <= 'Z'; ++b) {
            text += fmt::format("    - {{name: in-{}{}, country: [{}{}]}}\n", a, b, a, b);
            members += fmt::format("{}in-{}{}", members.empty() ? "" : ", ", a, b);
        }
    }
    text += "    address_groups: [{name: all, members: [" + members + "]}]\n";
    EXPECT_THAT(problems(text + "    rules: [{name: r, source: all, action: drop}]"),
                HasSubstr("'all' holds too much"));
}

}  // namespace
}  // namespace sluice::policy
