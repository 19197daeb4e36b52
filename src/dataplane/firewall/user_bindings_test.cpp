#include "dataplane/firewall/user_bindings.hpp"

#include <gtest/gtest.h>

#include <string>

namespace sluice::dataplane::firewall {
namespace {

const base::Timestamp now{std::chrono::hours(1000)};
const model::TenantId one{1};
const model::TenantId two{2};

model::UserBinding binding(model::TenantId tenant, std::uint32_t host, std::vector<std::string> users,
                           base::Duration life = std::chrono::hours(1)) {
    return {tenant, net::Address::v4(0x0a000000U + host), std::move(users), now + life};
}
UserBindings table_of(const std::vector<model::UserBinding>& bindings) {
    base::SeededRandom random(1);
    return UserBindings::build(bindings, now, random).value();
}

TEST(UserBindings, AnAddressHasAUserAndHisGroupsInItsTenantOnly) {
    const UserBindings table = table_of({binding(one, 1, {"alice", "staff"}), binding(two, 1, {"bob"})});
    const auto users = table.find(one, net::Address::v4(0x0a000001));
    ASSERT_EQ(users.size(), 2U);
    EXPECT_EQ(users[0], user_id("alice"));
    EXPECT_EQ(users[1], user_id("staff"));
    EXPECT_EQ(table.find(two, net::Address::v4(0x0a000001))[0], user_id("bob"));
    EXPECT_TRUE(table.find(one, net::Address::v4(0x0a000002)).empty());
    EXPECT_TRUE(table.find(model::TenantId{3}, net::Address::v4(0x0a000001)).empty());
    EXPECT_TRUE(UserBindings{}.find(one, net::Address::v4(0x0a000001)).empty());
}

TEST(UserBindings, WhatHasExpiredIsNobody) {
    const UserBindings table = table_of({binding(one, 1, {"alice"}, std::chrono::seconds(0)),
                                         binding(one, 2, {"bob"}, std::chrono::seconds(9)),
                                         binding(one, 3, {"carol"}, std::chrono::seconds(99))});
    EXPECT_TRUE(table.find(one, net::Address::v4(0x0a000001)).empty());
    EXPECT_EQ(table.size(), 2U);
    EXPECT_EQ(table.next_expiry(), now + std::chrono::seconds(9));
}

TEST(UserBindings, TheLastOfTwoWins) {
    const UserBindings table = table_of({binding(one, 1, {"alice"}), binding(one, 1, {"bob"})});
    EXPECT_EQ(table.size(), 1U);
    EXPECT_EQ(table.find(one, net::Address::v4(0x0a000001))[0], user_id("bob"));
}

TEST(UserBindings, FindsEachOfMany) {
    std::vector<model::UserBinding> many;
    for (std::uint32_t i = 0; i < 5000; ++i) {
        many.push_back(binding(i % 2 == 0 ? one : two, i, {"user " + std::to_string(i)}));
    }
    const UserBindings table = table_of(many);
    for (std::uint32_t i = 0; i < 5000; ++i) {
        const auto users = table.find(many[i].tenant, many[i].address);
        ASSERT_EQ(users.size(), 1U);
        EXPECT_EQ(users[0], user_id(many[i].users[0]));
        EXPECT_TRUE(table.find(i % 2 == 0 ? two : one, many[i].address).empty());
    }
}

TEST(UserBindings, RefusesTooManyGroups) {
    base::SeededRandom random(1);
    const std::vector<model::UserBinding> many{binding(one, 1, std::vector<std::string>(65, "x"))};
    EXPECT_FALSE(UserBindings::build(many, now, random).has_value());
}

}  // namespace
}  // namespace sluice::dataplane::firewall
