#include "dataplane/splice/syn_repeats.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace sluice::dataplane::splice {
namespace {

constexpr std::uint64_t ms = 1'000'000;
constexpr std::uint64_t start = 5'000 * ms;

std::vector<std::uint32_t> take(SynRepeats& repeats, std::uint64_t now_ns, std::size_t most = 32) {
    std::vector<SynRepeats::Due> due(most);
    due.resize(repeats.take(now_ns, due));
    std::vector<std::uint32_t> flows;
    for (const auto& one : due) flows.push_back(one.entry.flow);
    return flows;
}

using Flows = std::vector<std::uint32_t>;

}  // namespace

TEST(SynRepeats, EachStepHasItsTime) {
    SynRepeats repeats(8);
    EXPECT_EQ(repeats.next_ns(), ~0ULL);
    std::uint64_t now = start;
    for (std::size_t step = 0; step < SynRepeats::waits_ns.size(); ++step) {
        EXPECT_TRUE(repeats.wait({7, 99}, step, now));
        EXPECT_EQ(repeats.next_ns(), now + SynRepeats::waits_ns[step]);
        EXPECT_EQ(take(repeats, repeats.next_ns() - 1), Flows{});
        now = repeats.next_ns();
        std::vector<SynRepeats::Due> due(4);
        ASSERT_EQ(repeats.take(now, due), 1U);
        EXPECT_EQ(due[0].entry.flow, 7U);
        EXPECT_EQ(due[0].entry.cookie, 99U);
        EXPECT_EQ(due[0].step, step);
        EXPECT_TRUE(repeats.empty());
    }
    EXPECT_EQ(now - start, 2'600 * ms);
    EXPECT_FALSE(repeats.wait({7, 99}, SynRepeats::waits_ns.size(), now)) << "there is no further step";
    EXPECT_TRUE(repeats.empty());
}

TEST(SynRepeats, AFullQueueTakesNobodyElseAndKeepsWhoIsThere) {
    SynRepeats repeats(4);
    for (std::uint32_t n = 0; n < 4; ++n) EXPECT_TRUE(repeats.wait({n, n}, 0, start + n));
    EXPECT_FALSE(repeats.wait({4, 4}, 0, start + 4));
    EXPECT_TRUE(repeats.wait({5, 5}, 1, start + 5)) << "each step has a queue of its own";
    EXPECT_EQ(take(repeats, start + 200 * ms + 1), (Flows{0, 1}));
    EXPECT_TRUE(repeats.wait({6, 6}, 0, start + 201 * ms));
    EXPECT_EQ(take(repeats, start + 300 * ms), (Flows{2, 3}));
    EXPECT_EQ(take(repeats, start + 401 * ms), (Flows{6, 5}));
    EXPECT_TRUE(repeats.empty());
}

TEST(SynRepeats, NoMoreAreTakenThanThereIsRoomFor) {
    SynRepeats repeats(8);
    for (std::uint32_t n = 0; n < 8; ++n) EXPECT_TRUE(repeats.wait({n, n}, 0, start));
    EXPECT_EQ(take(repeats, start + 900 * ms, 3), (Flows{0, 1, 2}));
    EXPECT_LE(repeats.next_ns(), start + 900 * ms) << "the others are due";
    EXPECT_EQ(take(repeats, start + 900 * ms, 3), (Flows{3, 4, 5}));
    EXPECT_EQ(take(repeats, start + 900 * ms, 3), (Flows{6, 7}));
    EXPECT_EQ(take(repeats, start + 900 * ms, 3), Flows{});
}

// Round and round, with queues of a length that is no power of two, against lists of a test.
TEST(SynRepeats, EverybodyComesOnceAndInTime) {
    SynRepeats repeats(5);
    std::uint64_t state = 1;
    std::vector<std::pair<std::uint64_t, std::uint32_t>> waiting;
    std::uint32_t next = 0;
    for (std::uint64_t now = start; now < start + 60'000 * ms; now += 10 * ms) {
        state = state * 6'364'136'223'846'793'005ULL + 1'442'695'040'888'963'407ULL;
        const std::size_t step = state >> 62U;
        if ((state >> 40U) % 8 == 0 && repeats.wait({next, next}, step, now))
            waiting.emplace_back(now + SynRepeats::waits_ns[step], next++);
        for (const std::uint32_t flow : take(repeats, now)) {
            const auto at = std::find_if(waiting.begin(), waiting.end(),
                                         [&](const auto& one) { return one.second == flow; });
            ASSERT_NE(at, waiting.end()) << flow;
            EXPECT_EQ(at->first, now);
            waiting.erase(at);
        }
        for (const auto& one : waiting) ASSERT_GT(one.first, now) << "forgotten";
        EXPECT_EQ(repeats.empty(), waiting.empty());
    }
    EXPECT_GT(next, 400U);
}

}  // namespace sluice::dataplane::splice
