#include "policy/time_zone.hpp"

#include <gtest/gtest.h>

namespace sluice::policy {
namespace {

using namespace std::chrono;

base::Timestamp at(sys_days day, minutes time = {}) {
    return base::Timestamp{day + time};
}

TEST(TimeZone, KnowsWinterAndSummer) {
    const auto vienna = TimeZone::find("Europe/Vienna");
    ASSERT_TRUE(vienna) << vienna.error().message();
    EXPECT_EQ(vienna->offset(at(2026y / January / 15)), 1h);
    EXPECT_EQ(vienna->offset(at(2026y / July / 15)), 2h);
    EXPECT_EQ(vienna->offset(at(2026y / March / 29, 59min)), 1h);
    EXPECT_EQ(vienna->offset(at(2026y / March / 29, 60min)), 2h) << "at 01:00 UTC";
}

TEST(TimeZone, TellsTheNextChangeInBothDirections) {
    const auto vienna = TimeZone::find("Europe/Vienna").value();
    const auto spring = at(2026y / March / 29, 1h);
    const auto autumn = at(2026y / October / 25, 1h);
    EXPECT_EQ(vienna.next_change(at(2026y / January / 15)), spring);
    EXPECT_EQ(vienna.next_change(spring - 1s), spring);
    EXPECT_EQ(vienna.next_change(spring), autumn) << "a change is not its own next one";
    EXPECT_EQ(vienna.next_change(autumn - 30min), autumn);
}

TEST(TimeZone, SomeNeverChange) {
    EXPECT_EQ(TimeZone::find("UTC")->next_change(at(2026y / January / 1)), std::nullopt);
    const auto kolkata = TimeZone::find("Asia/Kolkata").value();
    EXPECT_EQ(kolkata.offset(at(2026y / January / 1)), 330min);
    EXPECT_EQ(kolkata.next_change(at(2026y / January / 1)), std::nullopt);
}

TEST(TimeZone, ANameNeverLeavesTheDatabase) {
    for (const auto* name : {"", "/etc/localtime", "../zoneinfo/UTC", "Europe//Vienna", "Europe/Vienna/",
                             "libc:UTC", "file:UTC", "Europe/Wien", "Europe", "Europe/Vienna\n"})
        EXPECT_FALSE(TimeZone::find(name)) << name;
}

}  // namespace
}  // namespace sluice::policy
