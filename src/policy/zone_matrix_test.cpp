#include "policy/zone_matrix.hpp"

#include <gtest/gtest.h>

namespace sluice::policy {
namespace {

using Verdict = ZonePair::Verdict;
using Names = std::vector<std::string>;

model::RulePolicy rule(std::string name, model::RuleAction action, Names from = {}, Names to = {},
                       Names service = {}) {
    model::RulePolicy rule;
    rule.name = std::move(name);
    rule.action = action;
    rule.from = std::move(from);
    rule.to = std::move(to);
    rule.service = std::move(service);
    return rule;
}

class Matrix : public ::testing::Test {
  protected:
    ZonePair pair(const std::string& from, const std::string& to) {
        for (const auto& one : zone_matrix(policy_)) {
            if (one.from == from && one.to == to) return one;
        }
        ADD_FAILURE() << from << " to " << to;
        return {};
    }
    model::FirewallPolicy policy_ = [] {
        model::FirewallPolicy policy;
        policy.zones = {"inside", "dmz"};
        return policy;
    }();
};

using enum model::RuleAction;

TEST_F(Matrix, WithoutRulesNothingGetsAnywhere) {
    const auto pairs = zone_matrix(policy_);
    ASSERT_EQ(pairs.size(), 8U);
    EXPECT_EQ(pairs[0].from, "internet");
    EXPECT_EQ(pairs[0].to, "inside");
    for (const auto& one : pairs) {
        EXPECT_EQ(one.verdict, Verdict::denied);
        EXPECT_TRUE(one.rules.empty());
    }
}

TEST_F(Matrix, ARuleForAServiceAllowsAPartAndOneForEverythingAll) {
    policy_.rules = {rule("web-in", allow, {"internet"}, {"dmz"}, {"http"}), rule("out", allow, {"inside"})};
    EXPECT_EQ(pair("internet", "dmz").verdict, Verdict::partly);
    EXPECT_EQ(pair("internet", "dmz").rules, Names{"web-in"});
    EXPECT_EQ(pair("internet", "inside").verdict, Verdict::denied);
    EXPECT_EQ(pair("inside", "internet").verdict, Verdict::allowed);
    EXPECT_EQ(pair("inside", "dmz").rules, Names{"out"});
    EXPECT_EQ(pair("dmz", "internet").verdict, Verdict::denied);
}

TEST_F(Matrix, TheFirstThatMatchesCounts) {
    policy_.rules = {rule("no-telnet", reject, {}, {}, {"tcp/23"}), rule("dns", allow, {"dmz"}, {}, {"dns"}),
                     rule("dmz-stop", drop, {"dmz"}), rule("rest", allow)};
    const auto out = pair("inside", "internet");
    EXPECT_EQ(out.verdict, Verdict::partly);
    EXPECT_EQ(out.rules, Names{"rest"});
    EXPECT_EQ(out.except, Names{"no-telnet"});
    const auto dmz = pair("dmz", "internet");
    EXPECT_EQ(dmz.verdict, Verdict::partly);
    EXPECT_EQ(dmz.rules, Names{"dns"});
    EXPECT_TRUE(dmz.except.empty());
    policy_.rules[1].disabled = true;
    EXPECT_EQ(pair("dmz", "internet").verdict, Verdict::denied);
    EXPECT_EQ(pair("dmz", "internet").rules, Names{"dmz-stop"});
}

TEST_F(Matrix, NamesHaveALimit) {
    for (int i = 0; i < 50; ++i) policy_.rules.push_back(rule("r", allow, {}, {}, {"dns"}));
    EXPECT_EQ(zone_matrix(policy_, 5).front().rules.size(), 5U);
}

}  // namespace
}  // namespace sluice::policy
