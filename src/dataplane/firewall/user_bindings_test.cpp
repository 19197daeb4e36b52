#include "dataplane/firewall/user_bindings.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <random>
#include <string>
#include <thread>

namespace sluice::dataplane::firewall {
namespace {

using namespace std::chrono_literals;

const base::Timestamp now{std::chrono::hours(1000)};
const model::TenantId one{1};
const model::TenantId two{2};

net::Prefix prefix(const std::string& text) {
    return net::Prefix::parse(text).value();
}
net::Address address(const std::string& text) {
    return net::Address::parse(text).value();
}

class Users : public ::testing::Test {
  protected:
    void bind(model::TenantId tenant, const std::string& where, const std::string& user,
              std::vector<std::string> groups = {}, base::Duration life = 1h) {
        bindings_.apply({.generation = ++generation_,
                         .bindings = {{tenant, prefix(where), user, std::move(groups), now, now + life}}},
                        now);
    }
    void end(model::TenantId tenant, const std::string& where) {
        bindings_.apply({.generation = ++generation_, .ended = {{tenant, prefix(where)}}}, now);
    }
    std::string user_at(model::TenantId tenant, const std::string& where) {
        const KnownUser* known = bindings_.of(tenant)->find(address(where));
        return known == nullptr ? "" : known->user;
    }

    base::SeededRandom random_{1};
    UserBindings bindings_{random_};
    std::uint64_t generation_ = 0;
};

}  // namespace

TEST_F(Users, NobodyIsEverywhere) {
    bind(one, "::/0", "alice");
    bindings_.forget();
    end(one, "::/0");
    bind(one, "::/0", "alice");
    bindings_.forget();
    EXPECT_FALSE(bindings_.expire(now + 2h));
    EXPECT_EQ(bindings_.totals().bindings, 0U);
}

TEST_F(Users, AnAddressHasAUserAndHisGroupsInItsTenantOnly) {
    bind(one, "10.0.0.1", "alice", {"staff"});
    bind(two, "10.0.0.1", "bob");
    const KnownUser* known = bindings_.of(one)->find(address("10.0.0.1"));
    ASSERT_NE(known, nullptr);
    EXPECT_EQ(known->ids, (std::vector<UserId>{user_id("alice"), user_id("staff")}));
    EXPECT_EQ(user_at(two, "10.0.0.1"), "bob");
    EXPECT_EQ(user_at(one, "10.0.0.2"), "");
    EXPECT_EQ(user_at(model::TenantId{3}, "10.0.0.1"), "");
    EXPECT_EQ(bindings_.totals().bindings, 2U);
    EXPECT_EQ(bindings_.totals().generation, 2U);
}

TEST_F(Users, TheLongestPrefixDecides) {
    bind(one, "10.0.0.0/16", "site");
    bind(one, "10.0.1.0/24", "floor");
    bind(one, "10.0.1.7", "alice");
    bind(one, "2001:db8:1::/48", "six");
    bind(one, "2001:db8:1::5", "bob");
    EXPECT_EQ(user_at(one, "10.0.1.7"), "alice");
    EXPECT_EQ(user_at(one, "10.0.1.8"), "floor");
    EXPECT_EQ(user_at(one, "10.0.2.7"), "site");
    EXPECT_EQ(user_at(one, "10.1.0.1"), "");
    EXPECT_EQ(user_at(one, "2001:db8:1::5"), "bob");
    EXPECT_EQ(user_at(one, "2001:db8:1::6"), "six");
    EXPECT_EQ(user_at(one, "::a00:107"), "") << "an IPv6 address that ends like an IPv4 one";
    end(one, "10.0.1.0/24");
    EXPECT_EQ(user_at(one, "10.0.1.8"), "site");
    EXPECT_EQ(user_at(one, "10.0.1.7"), "alice");
}

TEST_F(Users, ChangesAreSeenByTheCounterAndOnlyThose) {
    const auto table = bindings_.of(one);
    bind(one, "10.0.0.1", "alice", {"staff"});
    const std::uint32_t first = table->changes();
    bind(one, "10.0.0.1", "alice", {"staff"}, 2h);
    EXPECT_EQ(table->changes(), first) << "it only lives longer";
    bind(two, "10.0.0.1", "bob");
    EXPECT_EQ(table->changes(), first);
    bind(one, "10.0.0.1", "alice", {"guests"});
    EXPECT_EQ(table->changes(), first + 1);
    end(one, "10.0.0.1");
    EXPECT_EQ(table->changes(), first + 2);
    end(one, "10.0.0.1");
    EXPECT_EQ(table->changes(), first + 2) << "nobody was there";
}

TEST_F(Users, AFullSetEndsTheOthersAndLeavesTheRestAlone) {
    bind(one, "10.0.0.1", "alice");
    bind(one, "10.0.0.2", "bob");
    bind(two, "10.0.0.1", "carol");
    const std::uint32_t before = bindings_.of(one)->changes();
    bindings_.apply(
        {.full = true, .generation = 9, .bindings = {{one, prefix("10.0.0.1"), "alice", {}, now, now + 3h}}},
        now);
    EXPECT_EQ(user_at(one, "10.0.0.1"), "alice");
    EXPECT_EQ(user_at(one, "10.0.0.2"), "");
    EXPECT_EQ(user_at(two, "10.0.0.1"), "");
    EXPECT_EQ(bindings_.of(one)->changes(), before + 1);
    EXPECT_FALSE(bindings_.expire(now + 2h)) << "the newer time counts";
    EXPECT_TRUE(bindings_.expire(now + 3h));
}

TEST_F(Users, WhatExpiresIsNobody) {
    bind(one, "10.0.0.1", "alice", {}, 0s);
    bind(one, "10.0.0.2", "bob", {}, 9s);
    bind(one, "10.0.0.3", "carol", {}, 99s);
    EXPECT_EQ(user_at(one, "10.0.0.1"), "");
    EXPECT_FALSE(bindings_.expire(now + 8s));
    EXPECT_TRUE(bindings_.expire(now + 9s));
    EXPECT_EQ(user_at(one, "10.0.0.2"), "");
    EXPECT_EQ(user_at(one, "10.0.0.3"), "carol");
    bind(one, "10.0.0.3", "carol", {}, 0s);
    EXPECT_EQ(user_at(one, "10.0.0.3"), "") << "a binding that has expired on its way ends the one before";
}

TEST_F(Users, FindsEachOfManyThatComeAndGo) {
    std::map<std::string, std::string> expected;
    std::mt19937 random(7);
    for (int i = 0; i < 20'000; ++i) {
        const std::string where = net::Address::v4(0x0a000000U + random() % 3000).to_string();
        if (random() % 3 == 0) {
            end(one, where);
            expected.erase(where);
        } else {
            expected[where] = "user " + std::to_string(random() % 10);
            bind(one, where, expected[where]);
        }
        if (i % 100 == 0) bindings_.forget();
    }
    EXPECT_EQ(bindings_.totals().bindings, expected.size());
    for (std::uint32_t host = 0; host < 3000; ++host) {
        const std::string where = net::Address::v4(0x0a000000U + host).to_string();
        const auto known = expected.find(where);
        ASSERT_EQ(user_at(one, where), known == expected.end() ? "" : known->second) << where;
    }
}

TEST_F(Users, ReadersMeetWholeUsersWhileTheTableChanges) {
    bind(one, "10.1.0.1", "stays");
    const auto table = bindings_.of(one);
    std::atomic<bool> stop{false};
    std::atomic<std::uint64_t> wrong{0};
    std::thread reader([&] {
        while (!stop.load()) {
            const KnownUser* stays = table->find(address("10.1.0.1"));
            if (stays == nullptr || stays->user != "stays") ++wrong;
            const KnownUser* changes = table->find(address("10.0.0.5"));
            if (changes != nullptr && changes->user != "alice" && changes->user != "bob") ++wrong;
        }
    });
    // Without forget(): the reader never says that it has come by.
    for (int i = 0; i < 3000; ++i) {
        bind(one, "10.0.0.5", i % 2 == 0 ? "alice" : "bob");
        bind(one, net::Address::v4(0x0a020000U + static_cast<std::uint32_t>(i)).to_string(), "other");
        if (i % 7 == 0) end(one, "10.0.0.5");
    }
    stop = true;
    reader.join();
    EXPECT_EQ(wrong.load(), 0U);
    bindings_.forget();
    EXPECT_EQ(user_at(one, "10.1.0.1"), "stays");
}

}  // namespace sluice::dataplane::firewall
