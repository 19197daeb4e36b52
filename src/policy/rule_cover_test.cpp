#include "policy/rule_cover.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.hpp"
#include "policy/firewall_objects.hpp"

namespace sluice::policy {
namespace {

using model::FirewallRule;
using model::ServiceMatch;

net::Prefix prefix(std::string_view text) {
    return net::Prefix::parse(text).value();
}

TEST(RuleCover, AnEmptyListIsEverything) {
    FirewallRule narrow;
    narrow.from = {1};
    narrow.sources = {prefix("10.0.0.0/24")};
    narrow.services = {ServiceMatch{6, {}, {443, 443}}};
    narrow.users = {"anna"};
    narrow.windows = {{60, 120}};
    EXPECT_TRUE(covers({}, narrow));
    EXPECT_FALSE(covers(narrow, {}));
    EXPECT_TRUE(covers(narrow, narrow));
}

// What tables say changes without the policy: only the same words are known to be covered.
TEST(RuleCover, PrefixesAndTablesAddToEachOther) {
    const model::AttributeMatch abroad{{"RU", "CN"}, false, {}};
    const model::AttributeMatch known{{}, false, {"botnet"}};
    FirewallRule both;
    both.sources = {prefix("10.0.0.0/8")};
    both.source_is = {abroad, known};
    FirewallRule one;
    one.source_is = {known};
    EXPECT_TRUE(covers(both, one));
    EXPECT_TRUE(covers({}, one));
    EXPECT_FALSE(covers(one, both));
    EXPECT_FALSE(covers(one, {})) << "no prefix, and yet not everything";
    FirewallRule narrow;
    narrow.sources = {prefix("10.9.0.0/16")};
    EXPECT_TRUE(covers(both, narrow));
    EXPECT_FALSE(covers(one, narrow));
    narrow.source_is = {{{"RU"}, false, {}}};
    EXPECT_FALSE(covers(both, narrow)) << "as far as anybody can say";
    narrow.source_is.clear();
    const std::vector<FirewallRule> rules{one, both, narrow};
    const auto covered = covered_rules(rules);
    ASSERT_EQ(covered.size(), 1U);
    EXPECT_EQ(covered[0].rule, 2U);
    EXPECT_EQ(covered[0].by, 1U);
}

TEST(RuleCover, EachPartCounts) {
    FirewallRule earlier;
    earlier.from = {0, 1};
    earlier.sources = {prefix("10.0.0.0/8"), prefix("2001:db8::/32")};
    earlier.services = {ServiceMatch{6, {}, {400, 500}}, ServiceMatch{1}};
    earlier.users = {"anna", "bert"};
    earlier.windows = {{60, 120}, {200, 300}};
    FirewallRule later;
    later.from = {1};
    later.sources = {prefix("10.9.0.0/16"), prefix("2001:db8:7::/48")};
    later.services = {ServiceMatch{6, {}, {443, 443}}, ServiceMatch{1, {}, {}, 8}};
    later.users = {"bert"};
    later.windows = {{210, 220}};
    EXPECT_TRUE(covers(earlier, later));
    const auto broken = [&](auto change) {
        FirewallRule rule = later;
        change(rule);
        return !covers(earlier, rule) && covered_rules(std::vector{earlier, rule}).empty();
    };
    EXPECT_TRUE(broken([](auto& r) { r.from = {2}; }));
    EXPECT_TRUE(broken([](auto& r) { r.sources.push_back(prefix("192.0.2.0/24")); }));
    EXPECT_TRUE(broken([](auto& r) { r.services = {ServiceMatch{17, {}, {443, 443}}}; }));
    EXPECT_TRUE(broken([](auto& r) { r.services = {ServiceMatch{6, {}, {443, 501}}}; }));
    EXPECT_TRUE(broken([](auto& r) { r.users = {"carl"}; }));
    EXPECT_TRUE(broken([](auto& r) { r.windows = {{110, 130}}; }));
}

TEST(RuleCover, AllOfIpv6IsNotIpv4) {
    FirewallRule all6;
    all6.sources = {net::Prefix{}};
    FirewallRule v4;
    v4.sources = {prefix("10.0.0.0/8")};
    FirewallRule v6;
    v6.sources = {prefix("2001:db8::/32")};
    EXPECT_FALSE(covers(all6, v4));
    EXPECT_TRUE(covers(all6, v6));
}

// The quick comparison of hulls never hides a cover that the exact one sees.
TEST(RuleCover, FindsTheSameAsLookingAtEveryPair) {
    base::SeededRandom random(11);
    const auto below = [&](std::uint64_t most) { return random.next() % most; };
    for (int round = 0; round < 300; ++round) {
        std::vector<FirewallRule> rules(12);
        for (auto& rule : rules) {
            if (below(2) == 0) rule.from = {static_cast<model::ZoneIndex>(below(3))};
            if (below(2) == 0) rule.to = {static_cast<model::ZoneIndex>(below(3))};
            for (auto* list : {&rule.sources, &rule.destinations}) {
                for (std::uint64_t i = below(3); i > 0; --i) {
                    const auto text = below(3) == 0 ? "2001:db8::" : "10.0.0.0";
                    const auto address = *net::Address::parse(text);
                    const unsigned most = address.is_v4() ? 32 : 128;
                    list->push_back(
                        net::Prefix::of(address, most - static_cast<unsigned>(below(4)) * most / 4));
                }
                detail::normalize(*list);
            }
            for (std::uint64_t i = below(3); i > 0; --i) {
                ServiceMatch match;
                match.protocol = static_cast<std::uint8_t>(below(2) * 6);
                if (match.protocol != 0)
                    match.destination_port = {static_cast<std::uint16_t>(below(3)),
                                              static_cast<std::uint16_t>(3 + below(3))};
                rule.services.push_back(match);
            }
        }
        std::vector<std::pair<std::size_t, std::size_t>> slow;
        for (std::size_t i = 0; i < rules.size(); ++i) {
            for (std::size_t by = 0; by < i; ++by) {
                if (!covers(rules[by], rules[i])) continue;
                slow.emplace_back(i, by);
                break;
            }
        }
        std::vector<std::pair<std::size_t, std::size_t>> quick;
        for (const auto& one : covered_rules(rules)) quick.emplace_back(one.rule, one.by);
        ASSERT_EQ(quick, slow) << "round " << round;
    }
}

}  // namespace
}  // namespace sluice::policy
