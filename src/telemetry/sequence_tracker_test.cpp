#include "telemetry/sequence_tracker.hpp"

#include <gtest/gtest.h>

namespace sluice::telemetry {
namespace {

TEST(SequenceTracker, CountsTheUnitsThatAreMissing) {
    SequenceTracker tracker;
    EXPECT_EQ(tracker.observe(1000, 30).missing, 0U);
    EXPECT_EQ(tracker.observe(1030, 30).missing, 0U);
    EXPECT_EQ(tracker.observe(1090, 30).missing, 30U);
    EXPECT_EQ(tracker.missing(), 30U);
}

TEST(SequenceTracker, TakesTheGapBackWhenTheDatagramComesLate) {
    SequenceTracker tracker;
    tracker.observe(10, 1);
    EXPECT_EQ(tracker.observe(12, 1).missing, 1U);
    const SequenceStep late = tracker.observe(11, 1);
    EXPECT_TRUE(late.late);
    EXPECT_EQ(late.recovered, 1U);
    EXPECT_EQ(tracker.missing(), 0U);
    EXPECT_EQ(tracker.observe(13, 1).missing, 0U);
}

TEST(SequenceTracker, ADuplicateRecoversNothing) {
    SequenceTracker tracker;
    tracker.observe(10, 1);
    const SequenceStep twice = tracker.observe(10, 1);
    EXPECT_TRUE(twice.late);
    EXPECT_EQ(twice.recovered, 0U);
}

TEST(SequenceTracker, WrapsAround) {
    SequenceTracker tracker;
    tracker.observe(0xfffffff0U, 16);
    EXPECT_EQ(tracker.observe(0, 5).missing, 0U);
    EXPECT_EQ(tracker.observe(7, 1).missing, 2U);
}

TEST(SequenceTracker, AFarJumpIsARestartAndNoLoss) {
    SequenceTracker tracker;
    tracker.observe(900000, 10);
    const SequenceStep step = tracker.observe(0, 10);
    EXPECT_TRUE(step.restarted);
    EXPECT_EQ(tracker.missing(), 0U);
    EXPECT_EQ(tracker.observe(10, 10).missing, 0U);
}

TEST(SequenceTracker, ANearRestartIsSeenByItsUptime) {
    SequenceTracker tracker;
    tracker.observe(5, 1);
    EXPECT_TRUE(tracker.observe(0, 1, true, true).restarted);
    EXPECT_EQ(tracker.observe(1, 1).missing, 0U);
}

TEST(SequenceTracker, ANearRestartWithoutUptimeIsSeenByItsRun) {
    SequenceTracker tracker;
    tracker.observe(100, 1);
    EXPECT_TRUE(tracker.observe(0, 1).late);
    EXPECT_TRUE(tracker.observe(1, 1).late);
    EXPECT_TRUE(tracker.observe(2, 1).restarted);
    const SequenceStep next = tracker.observe(3, 1);
    EXPECT_FALSE(next.late);
    EXPECT_EQ(tracker.missing(), 0U);
}

TEST(SequenceTracker, UncountableUnitsMakeNoGap) {
    SequenceTracker tracker;
    tracker.observe(0, 10);
    tracker.observe(10, 0, false);
    EXPECT_EQ(tracker.observe(55, 5).missing, 0U);
    EXPECT_EQ(tracker.observe(61, 5).missing, 1U);
}

}  // namespace
}  // namespace sluice::telemetry
