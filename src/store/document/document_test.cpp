#include "store/document/document.hpp"

#include <gtest/gtest.h>

#include "policy/policy_reader.hpp"
#include "policy/testdata/full_policy.hpp"

namespace sluice::store::document {
namespace {

// Every value of a policy that uses every key: what the store keeps is what was applied.
TEST(StoredProtection, SurvivesWhole) {
    const auto tenants = policy::read_policy(policy::testdata::full_policy, "p.yaml");
    ASSERT_TRUE(tenants) << tenants.error().text();
    const auto& protection = tenants->at(0).protection;
    ASSERT_TRUE(protection.firewall);
    const auto again = read_protection(write(protection));
    ASSERT_TRUE(again) << again.error().message();
    EXPECT_EQ(*again, protection);
}

TEST(StoredProtection, OfAnOlderVersionHasNoFirewall) {
    const auto old = read_protection(R"({"hold_down": 7000, "filters": []})");
    ASSERT_TRUE(old) << old.error().message();
    EXPECT_EQ(old->hold_down_ms, 7000U);
    EXPECT_FALSE(old->firewall);
}

TEST(StoredMitigation, KeepsItsGuard) {
    model::Mitigation mitigation;
    mitigation.guard = {model::GuardLevel::strong, base::Timestamp{std::chrono::seconds(1'790'000'000)}, 5,
                        model::GuardLevel::analysis, model::stage_bit(model::Stage::anomaly)};
    const std::string text = write(mitigation);
    EXPECT_NE(text.find("\"watched\":[\"anomaly\"]"), std::string::npos) << "stages by name: " << text;
    const auto again = read_mitigation(text);
    ASSERT_TRUE(again) << again.error().message();
    EXPECT_EQ(again->guard, mitigation.guard);
    const auto old = read_mitigation("{}");
    ASSERT_TRUE(old) << old.error().message();
    EXPECT_EQ(old->guard, model::MitigationGuard{}) << "of a version without guards";
    EXPECT_FALSE(read_mitigation(R"({"guard": {"watched": ["invented-later"]}})"));
}

TEST(StoredProtection, ThatMakesNoSenseIsCorrupt) {
    const auto odd = read_protection(R"({"firewall": {"addresses": [{"ranges": [{"first": "10.0.0.x"}]}]}})");
    ASSERT_FALSE(odd);
    EXPECT_EQ(odd.error().code, base::ErrorCode::corrupt);
}

}  // namespace
}  // namespace sluice::store::document
