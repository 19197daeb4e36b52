#include "detection/meter.hpp"

#include <gtest/gtest.h>

namespace sluice::detection {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class MeterTest : public testing::Test {
  protected:
    void tick(std::uint64_t packets, base::Duration length = milliseconds(100), std::uint32_t gap_ms = 0) {
        tick_.now += length;
        tick_.wall += length;
        tick_.length = length;
        tick_.decay = filter_.decay(length);
        tick_.weight = filter_.weight(length);
        if (packets == 0) {
            meter_.advance(tick_, filter_);
            return;
        }
        TrafficCounts counts;
        counts.add(static_cast<unsigned>(TrafficClass::udp), packets, packets * 100);
        counts.add_circumstances(0, static_cast<double>(packets) * gap_ms, tick_.wall - length);
        meter_.add(counts, tick_, filter_, {.packets = 10, .bytes = 1e9F});
        meter_.learn_usual(tick_, meter_.rates());
    }
    [[nodiscard]] double packets() const { return meter_.rates().sum().packets; }

    RateFilter filter_{milliseconds(400)};
    Meter meter_;
    TickTime tick_{base::Instant(seconds(100)), base::Timestamp(seconds(1'000'000)), {}, 0, 0};
};

TEST_F(MeterTest, ConstantTrafficShowsItsRateFromBelow) {
    for (int i = 0; i < 1000; ++i) {
        tick(100);
        EXPECT_LE(packets(), 1000.01);
    }
    EXPECT_NEAR(packets(), 1000, 0.1);
    EXPECT_NEAR(meter_.rates().sum().bytes, 100'000, 10);
}

TEST_F(MeterTest, UnevenTicksMakeNoRipple) {
    for (int i = 0; i < 300; ++i) {
        tick(50, milliseconds(50));
        tick(250, milliseconds(250));
        tick(100);
    }
    EXPECT_NEAR(packets(), 1000, 0.1);
}

TEST_F(MeterTest, BurstsShowTheirMean) {
    double highest = 0;
    for (int i = 0; i < 100; ++i) {
        tick(1000, milliseconds(100), 1000);
        highest = std::max(highest, packets());
        for (int silent = 0; silent < 9; ++silent) tick(0);
    }
    EXPECT_NEAR(highest, 1000, 1);
}

TEST_F(MeterTest, AStepIsSeenAfterTheTimeThatItsHeaderSays) {
    int ticks = 0;
    while (packets() < 1000) {
        tick(200);
        ++ticks;
    }
    EXPECT_EQ(ticks, 3) << "0.69 · 400 ms = 277 ms";
}

TEST_F(MeterTest, QuietMetersForget) {
    tick(100'000);
    for (int i = 0; i < 200; ++i) tick(0);
    EXPECT_EQ(meter_.rates().mask, 0U);
    EXPECT_EQ(packets(), 0);
}

TEST_F(MeterTest, AfterASilenceOfManyMinutesTheFirstTrafficIsNotYetUsual) {
    for (int i = 0; i < 3000; ++i) tick(100);
    tick_.now += std::chrono::minutes(10);
    tick_.wall += std::chrono::minutes(10);
    tick(10'000);
    EXPECT_LT(meter_.usual().sum().packets, 1'500);
    EXPECT_NE(meter_.risen_at(), base::Timestamp{});
}

TEST_F(MeterTest, ARiseBeginsWithItsFirstRecordAndEndsAfterASecond) {
    for (int i = 0; i < 3000; ++i) tick(100);
    EXPECT_EQ(meter_.risen_at(), base::Timestamp{});
    EXPECT_NEAR(meter_.usual().sum().packets, 1000, 20);
    const auto began = tick_.wall;
    for (int i = 0; i < 30; ++i) tick(300);
    EXPECT_EQ(meter_.risen_at(), began);
    for (int i = 0; i < 5; ++i) tick(100);
    EXPECT_EQ(meter_.risen_at(), began) << "a pause within the attack";
    for (int i = 0; i < 20; ++i) tick(100);
    EXPECT_EQ(meter_.risen_at(), base::Timestamp{});
}

}  // namespace
}  // namespace sluice::detection
