#include "detection/pulse_rhythm.hpp"

#include <gtest/gtest.h>

namespace sluice::detection {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

class Rhythm : public ::testing::Test {
  protected:
    void pulse(base::Duration on) {
        const auto end = now_ + on;
        for (; now_ < end; now_ += milliseconds(100)) rhythm_.above(now_);
        now_ -= milliseconds(100);
    }
    void pause(base::Duration length) { now_ += length; }

    base::Instant now_{seconds(1000)};
    PulseRhythm rhythm_{now_, seconds(10)};
};

TEST_F(Rhythm, APlainAttackEndsAfterWhatIsConfigured) {
    pulse(minutes(10));
    EXPECT_EQ(rhythm_.hold_down(), seconds(10));
    EXPECT_FALSE(rhythm_.over(now_ + milliseconds(9900)));
    EXPECT_TRUE(rhythm_.over(now_ + seconds(10)));
}

TEST_F(Rhythm, AGapOfALongAttackCountsByItsOwnLength) {
    pulse(minutes(4));
    pause(milliseconds(2500));
    pulse(minutes(4));
    EXPECT_EQ(rhythm_.hold_down(), seconds(10));
    pause(milliseconds(2500));  // again after about as long: the pause is too short for a wave
    pulse(minutes(1));
    EXPECT_EQ(rhythm_.hold_down(), seconds(10));
}

TEST_F(Rhythm, ShortPulsesAreHeldFromTheFirstReturnOn) {
    pulse(seconds(2));
    pause(seconds(28));
    pulse(seconds(2));
    EXPECT_GE(rhythm_.hold_down(), seconds(59));
    EXPECT_LE(rhythm_.hold_down(), seconds(60));
}

TEST_F(Rhythm, LongPulsesAreHeldOverTwoPeriodsWhenTheyProveToBeAWave) {
    pulse(seconds(60));
    pause(seconds(20));
    pulse(seconds(60));
    EXPECT_EQ(rhythm_.hold_down(), seconds(80)) << "it came back once";
    pause(seconds(20));
    pulse(seconds(60));
    EXPECT_GE(rhythm_.hold_down(), seconds(159));
}

TEST_F(Rhythm, PausesOfTheExporterAreNone) {
    pulse(seconds(1));
    pause(milliseconds(1900));
    pulse(seconds(1));
    EXPECT_EQ(rhythm_.hold_down(), seconds(10));
}

TEST_F(Rhythm, ItsHoldDownIsBoundedButTheConfiguredOneIsKept) {
    for (int i = 0; i < 4; ++i) {
        pulse(minutes(4));
        pause(hours(1));
    }
    EXPECT_EQ(rhythm_.hold_down(), minutes(10));
    EXPECT_TRUE(rhythm_.forgotten(now_));
    rhythm_.configure(hours(1));
    EXPECT_EQ(rhythm_.hold_down(), hours(1));
}

}  // namespace
}  // namespace sluice::detection
