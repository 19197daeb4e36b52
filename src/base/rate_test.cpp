#include "base/rate.hpp"

#include <gtest/gtest.h>

namespace sluice::base {

TEST(Rate, ReadsWhatPeopleWrite) {
    EXPECT_EQ(parse_rate("20 kpps", RateUnit::packets_per_s).value(), 20'000U);
    EXPECT_EQ(parse_rate("1.5Gbps", RateUnit::bits_per_s).value(), 1'500'000'000U);
    EXPECT_EQ(parse_rate("7 pps", RateUnit::packets_per_s).value(), 7U);
}

TEST(Rate, RefusesWhatHasNoUnitOrTheWrongOne) {
    for (const char* text :
         {"20", "20 k", "20 kbps", "-1 pps", "x pps", "1 Kpps", "1e30 pps", "nan pps", ""}) {
        const auto rate = parse_rate(text, RateUnit::packets_per_s);
        ASSERT_FALSE(rate.has_value()) << text;
        EXPECT_NE(rate.error().hint.find("pps"), std::string::npos);
    }
}

TEST(Rate, FormatsForPeople) {
    EXPECT_EQ(format_rate(20'000, RateUnit::packets_per_s), "20 kpps");
    EXPECT_EQ(format_rate(1'480'000'000, RateUnit::bits_per_s), "1.48 Gbps");
    EXPECT_EQ(format_rate(0, RateUnit::flows_per_s), "0 fps");
}

}  // namespace sluice::base
