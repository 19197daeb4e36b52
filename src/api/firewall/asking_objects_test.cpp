#include "api/firewall/asking_objects.hpp"

#include <gtest/gtest.h>

namespace sluice::api::firewall {
namespace {

TEST(AskingObjects, AreFoundThroughGroupsInAnyOrder) {
    model::FirewallPolicy policy;
    policy.addresses = {
        {"abroad", {}, {{"RU"}, false, {}}}, {"office", {}, {}}, {"bad", {}, {{}, false, {"botnet"}}}};
    policy.address_groups = {{"all", {"some", "bad"}}, {"some", {"office", "abroad"}}, {"plain", {"office"}}};
    const AskingObjects objects(policy);
    const auto names = [&](std::vector<std::string> source, std::vector<std::string> destination) {
        model::RulePolicy rule;
        rule.source = std::move(source);
        rule.destination = std::move(destination);
        std::string out;
        for (const auto* object : objects.of(rule)) out += object->name + " ";
        return out;
    };
    EXPECT_EQ(names({"all"}, {}), "abroad bad ");
    EXPECT_EQ(names({"plain", "10.0.0.1"}, {"bad"}), "bad ");
    EXPECT_EQ(names({"plain"}, {}), "");
}

}  // namespace
}  // namespace sluice::api::firewall
