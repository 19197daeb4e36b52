#include "detection/exporter_rhythm.hpp"

#include <gtest/gtest.h>

namespace sluice::detection {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const net::Address one = net::Address::v4(0xcb007101);
const net::Address other = net::Address::v4(0xcb007102);
constexpr base::Instant start{seconds(1000)};

TEST(ExporterRhythm, ANewExporterMayHaveGatheredForLong) {
    ExporterRhythm rhythm;
    EXPECT_EQ(rhythm.covered_ms(one, start), 2000);
}

TEST(ExporterRhythm, ABurstCoversTheSilenceBeforeIt) {
    ExporterRhythm rhythm;
    (void)rhythm.covered_ms(one, start);
    for (int burst = 1; burst < 5; ++burst) {
        for (int datagram = 0; datagram < 20; ++datagram) {
            const base::Instant at = start + burst * milliseconds(410) + datagram * milliseconds(1);
            EXPECT_EQ(rhythm.covered_ms(one, at), 410);
        }
    }
}

TEST(ExporterRhythm, ASteadyStreamCoversNothing) {
    ExporterRhythm rhythm;
    base::Instant now = start;
    for (int i = 0; i < 100; ++i) (void)rhythm.covered_ms(one, now += milliseconds(3));
    EXPECT_EQ(rhythm.covered_ms(one, now += milliseconds(3)), 0);
}

TEST(ExporterRhythm, ExportersDoNotDisturbEachOther) {
    ExporterRhythm rhythm;
    base::Instant now = start;
    (void)rhythm.covered_ms(one, now);
    for (int i = 0; i < 100; ++i) (void)rhythm.covered_ms(other, now += milliseconds(10));
    EXPECT_EQ(rhythm.covered_ms(one, now), 1000);
    EXPECT_EQ(rhythm.covered_ms(other, now), 0);
}

TEST(ExporterRhythm, ForgedExportersCannotPushOutLivingOnes) {
    ExporterRhythm rhythm;
    base::Instant now = start;
    (void)rhythm.covered_ms(one, now);
    for (std::uint32_t i = 0; i < 10'000; ++i) (void)rhythm.covered_ms(net::Address::v4(i), now);
    EXPECT_EQ(rhythm.covered_ms(one, now + milliseconds(500)), 500);
}

}  // namespace
}  // namespace sluice::detection
