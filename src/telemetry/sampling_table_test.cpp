#include "telemetry/sampling_table.hpp"

#include <bit>

#include <gtest/gtest.h>

namespace sluice::telemetry {
namespace {

TEST(SamplingTable, KeepsSamplersSelectorsAndInterfacesApart) {
    SamplingTable table(10);
    EXPECT_TRUE(table.set(SamplingScope::sampler, 1, 100));
    EXPECT_TRUE(table.set(SamplingScope::selector, 1, 200));
    EXPECT_TRUE(table.set(SamplingScope::interface, 1, 300));
    EXPECT_EQ(table.find(SamplingScope::sampler, 1), 100U);
    EXPECT_EQ(table.find(SamplingScope::selector, 1), 200U);
    EXPECT_EQ(table.find(SamplingScope::interface, 1), 300U);
    EXPECT_EQ(table.find(SamplingScope::interface, 2), 0U);
}

TEST(SamplingTable, IsBoundedAndStillUpdates) {
    SamplingTable table(1);
    EXPECT_TRUE(table.set(SamplingScope::sampler, 1, 100));
    EXPECT_FALSE(table.set(SamplingScope::sampler, 2, 100));
    EXPECT_TRUE(table.set(SamplingScope::sampler, 1, 50));
    EXPECT_EQ(table.find(SamplingScope::sampler, 1), 50U);
}

TEST(SamplingTable, RecordsWithoutSamplerTakeTheDomainsRateOrTheOneThatAllAgreeOn) {
    SamplingTable table(10);
    EXPECT_EQ(table.common(), 0U);
    table.set(SamplingScope::sampler, 1, 100);
    table.set(SamplingScope::sampler, 2, 100);
    EXPECT_EQ(table.common(), 100U);
    table.set(SamplingScope::sampler, 2, 10);
    EXPECT_EQ(table.common(), 0U);
    table.set_default(7);
    EXPECT_EQ(table.common(), 7U);
}

TEST(SamplingStatement, ReadsEveryWayToSayIt) {
    SamplingStatement nothing;
    EXPECT_EQ(nothing.rate(), 0U);
    EXPECT_EQ(SamplingStatement{.interval = 512}.rate(), 512U);
    EXPECT_EQ(SamplingStatement{.random_interval = 1000}.rate(), 1000U);
    EXPECT_EQ((SamplingStatement{.packet_interval = 1, .packet_space = 999}.rate()), 1000U);
    EXPECT_EQ((SamplingStatement{.packet_interval = 100, .packet_space = 900}.rate()), 10U);
    EXPECT_EQ(SamplingStatement{.packet_interval = 64}.rate(), 64U);
    EXPECT_EQ((SamplingStatement{.size = 1, .population = 4096}.rate()), 4096U);
    EXPECT_EQ((SamplingStatement{.size = 100, .population = 1050}.rate()), 11U);
    EXPECT_EQ((SamplingStatement{.algorithm = 3, .packet_interval = 1, .size = 1, .population = 256}.rate()),
              256U);
    EXPECT_EQ((SamplingStatement{
                  .algorithm = 1, .packet_interval = 1, .packet_space = 9, .size = 1, .population = 256}
                   .rate()),
              10U);
    EXPECT_EQ(SamplingStatement{.probability = std::bit_cast<std::uint64_t>(0.01)}.rate(), 100U);
    EXPECT_EQ(SamplingStatement{.probability = std::bit_cast<std::uint64_t>(2.0)}.rate(), 0U);
    EXPECT_EQ(SamplingStatement{.interval = 1ULL << 40U}.rate(), 0xffffffffU);
}

}  // namespace
}  // namespace sluice::telemetry
