// Space-Saving and HyperLogLog against exact counts.
#include <gtest/gtest.h>

#include <set>

#include "base/random.hpp"
#include "base/siphash.hpp"
#include "detection/hyperloglog.hpp"
#include "detection/space_saving.hpp"

namespace sluice::detection {
namespace {

TEST(SpaceSaving, KeepsEveryHeavyKeyAndNeverOverstatesWhatIsSure) {
    base::SeededRandom random(3);
    SpaceSaving<std::uint32_t, 64> sketch;
    std::map<std::uint32_t, double> exact;
    double total = 0;
    for (int i = 0; i < 100'000; ++i) {
        // Five keys have a tenth each; the rest is spread over a million.
        const std::uint64_t draw = random.next() % 10;
        const auto key = draw < 5 ? static_cast<std::uint32_t>(draw)
                                  : static_cast<std::uint32_t>(random.next() % 1'000'000);
        sketch.add(key, {1, 0});
        exact[key] += 100;
        total += 100;
    }
    EXPECT_NEAR(sketch.total(), total, total * 1e-3);
    const auto strongest = sketch.strongest(16, 0.005F);
    ASSERT_EQ(strongest.size(), 5U);
    for (const auto& entry : strongest) {
        EXPECT_LT(entry.key, 5U);
        EXPECT_LE(entry.sure(), exact[entry.key] * 1.001);
        EXPECT_NEAR(entry.sure(), exact[entry.key], exact[entry.key] * 0.1);
    }
}

TEST(SpaceSaving, ForgetsByDecay) {
    SpaceSaving<int, 8> sketch;
    sketch.add(1, {100, 1000});
    for (int i = 0; i < 20; ++i) sketch.decay(0.5F);
    sketch.add(2, {1, 10});
    ASSERT_EQ(sketch.strongest(1, 0.5F).size(), 1U);
    EXPECT_EQ(sketch.strongest(1, 0.5F)[0].key, 2);
}

TEST(HyperLogLog, EstimatesWithinFourStandardErrors) {
    base::SeededRandom random(5);
    const auto key = base::SipKey::from(random);
    for (const int distinct : {1, 10, 100, 1'000, 10'000, 100'000, 1'000'000}) {
        HyperLogLog sketch;
        for (int repeat = 0; repeat < 2; ++repeat) {
            for (int i = 0; i < distinct; ++i) sketch.add(base::siphash13(key, i));
        }
        EXPECT_NEAR(sketch.estimate(), distinct, 1 + distinct * 4 * 0.033) << distinct;
    }
}

}  // namespace
}  // namespace sluice::detection
