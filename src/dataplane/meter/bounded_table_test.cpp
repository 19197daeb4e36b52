#include "dataplane/meter/bounded_table.hpp"

#include <gtest/gtest.h>

#include <random>
#include <unordered_map>

namespace sluice::dataplane::meter {
namespace {

struct Entry {
    std::uint64_t number = 0;
    std::uint32_t last_seen = 0;
    bool kept = false;

    [[nodiscard]] bool precious(std::uint32_t) const { return kept; }
    [[nodiscard]] bool awaited(std::uint32_t now) const { return now - last_seen < 5; }
};
using Plain = BoundedTable<Entry>;
using Traced = BoundedTable<Entry, SetTraces>;

TEST(BoundedTable, AnEntryIsFoundByItsHashAlone) {
    Plain table(300);
    EXPECT_EQ(table.find(77), nullptr);
    Entry* made = table.find_or_make(77, 1, false);
    ASSERT_NE(made, nullptr);
    made->number = 5;
    ASSERT_NE(table.find(77), nullptr);
    EXPECT_EQ(table.find(77)->number, 5U);
    EXPECT_EQ(table.find(77ULL << 32U), nullptr);
}

TEST(BoundedTable, WhatIsMadeUpPushesOutNothingPrecious) {
    Plain table(90);
    std::mt19937_64 random(1);
    std::vector<std::uint64_t> kept;
    for (int i = 0; i < 20; ++i) {
        kept.push_back(random());
        Entry* one = table.find_or_make(kept.back(), 1, true);
        ASSERT_NE(one, nullptr);
        one->kept = true;
    }
    for (int i = 0; i < 10'000; ++i) (void)table.find_or_make(random(), 2, false);
    for (const std::uint64_t hash : kept) EXPECT_NE(table.find(hash), nullptr);
}

TEST(BoundedTable, TheLongestIdleGoesFirst) {
    Plain one_set(3);
    for (std::uint64_t i = 1; i <= 3; ++i)
        (void)one_set.find_or_make(i << 8U, static_cast<std::uint32_t>(i), false);
    (void)one_set.find_or_make(9U << 8U, 9, false);
    EXPECT_EQ(one_set.find(1U << 8U), nullptr);
    EXPECT_NE(one_set.find(2U << 8U), nullptr);
    EXPECT_NE(one_set.find(3U << 8U), nullptr);
}

TEST(BoundedTable, AnAwaitedEntryIsNotPushedOutByAnother) {
    Plain one_set(3);
    for (std::uint64_t i = 1; i <= 3; ++i) ASSERT_NE(one_set.find_or_make_awaited(i << 8U, 10), nullptr);
    EXPECT_EQ(one_set.find_or_make_awaited(9U << 8U, 12), nullptr);
    EXPECT_NE(one_set.find_or_make_awaited(9U << 8U, 16), nullptr);
}

// Beside a table without traces, at every load, also when entries lie in their second set.
TEST(BoundedTable, TracesDenyNothingThatIsThere) {
    const std::uint64_t seed = std::random_device{}();
    SCOPED_TRACE(seed);
    std::mt19937_64 random(seed);
    Plain plain(600);
    Traced traced(600);
    std::vector<std::uint64_t> hashes(2'000);
    for (std::uint64_t& hash : hashes) hash = random();
    for (std::uint32_t now = 1; now < 40'000; ++now) {
        const std::uint64_t hash = hashes[random() % hashes.size()];
        const bool precious = random() % 8 == 0;
        Entry* in_plain = plain.find_or_make(hash, now, precious);
        Entry* in_traced = traced.find_or_make(hash, now, precious);
        ASSERT_EQ(in_plain == nullptr, in_traced == nullptr);
        if (in_plain != nullptr) {
            in_plain->kept = in_traced->kept = precious && random() % 2 == 0;
            in_plain->last_seen = in_traced->last_seen = now;
        }
        const std::uint64_t asked = hashes[random() % hashes.size()];
        const bool is_there = traced.find(asked) != nullptr;
        ASSERT_EQ(is_there, plain.find(asked) != nullptr);
        if (is_there) {
            ASSERT_TRUE(traced.places().may_hold(asked));
        }
    }
}

TEST(BoundedTable, TracesDenyNearlyAllThatIsNotThere) {
    Traced table(30'000);
    std::mt19937_64 random(3);
    for (int i = 0; i < 15'000; ++i) (void)table.find_or_make(random(), 1, false);
    int believed = 0;
    for (int i = 0; i < 100'000; ++i) believed += table.places().may_hold(random()) ? 1 : 0;
    EXPECT_LT(believed, 2'500);  // half full: 1.5 of 128
}

}  // namespace
}  // namespace sluice::dataplane::meter
