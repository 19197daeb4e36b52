#include "policy/week_windows.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.hpp"

namespace sluice::policy {
namespace {

using namespace std::chrono;
using model::SchedulePolicy;
using model::WeekWindow;
using ::testing::ElementsAre;

constexpr std::uint16_t day = 24 * 60;

std::vector<WeekWindow> windows(const SchedulePolicy& schedule, seconds offset = 0s) {
    const SchedulePolicy* const all[] = {&schedule};
    return week_windows(all, offset);
}

TEST(WeekWindows, WholeDaysMelt) {
    EXPECT_THAT(windows({"s", 0x1f, {}}), ElementsAre(WeekWindow{0, 5 * day}));
    EXPECT_THAT(windows({"s", 0x7f, {}}), ElementsAre(WeekWindow{0, 7 * day}));
}

TEST(WeekWindows, HoursBeyondMidnightBelongToTheirDay) {
    EXPECT_THAT(windows({"s", 0x01, {{22 * 60, 6 * 60}}}), ElementsAre(WeekWindow{22 * 60, day + 6 * 60}));
    EXPECT_THAT(windows({"s", 0x40, {{22 * 60, 6 * 60}}}),
                ElementsAre(WeekWindow{0, 6 * 60}, WeekWindow{6 * day + 22 * 60, 7 * day}))
        << "from Sunday into Monday: cut at the end of the week";
}

TEST(WeekWindows, MoveWithTheOffsetAndOverTheEndOfTheWeek) {
    EXPECT_THAT(windows({"s", 0x01, {{60, 120}}}, 2h),
                ElementsAre(WeekWindow{static_cast<std::uint16_t>(7 * day - 60), 7 * day}));
    EXPECT_THAT(
        windows({"s", 0x01, {{0, 120}}}, 1h),
        ElementsAre(WeekWindow{0, 60}, WeekWindow{static_cast<std::uint16_t>(7 * day - 60), 7 * day}));
    EXPECT_THAT(
        windows({"s", 0x40, {{23 * 60, 24 * 60}}}, -30min),
        ElementsAre(WeekWindow{0, 30}, WeekWindow{static_cast<std::uint16_t>(7 * day - 30), 7 * day}));
}

TEST(WeekWindows, OfSeveralSchedulesTogether) {
    const SchedulePolicy morning{"m", 0x01, {{480, 720}}};
    const SchedulePolicy noon{"n", 0x01, {{700, 780}}};
    const SchedulePolicy* const both[] = {&noon, &morning};
    EXPECT_THAT(week_windows(both, 0s), ElementsAre(WeekWindow{480, 780}));
    EXPECT_TRUE(week_windows({}, 1h).empty());
}

// Minute by minute against what the schedule says.
TEST(WeekWindows, AgreeWithTheClockForRandomSchedules) {
    base::SeededRandom random(7);
    for (int round = 0; round < 200; ++round) {
        SchedulePolicy schedule{"s", static_cast<std::uint8_t>(random.next() % 127 + 1), {}};
        for (std::uint64_t i = random.next() % 3; i > 0; --i) {
            const auto first = static_cast<std::uint16_t>(random.next() % day);
            auto end = static_cast<std::uint16_t>(random.next() % (day + 1));
            if (end == first) end = first == 0 ? 1 : 0;
            schedule.hours.push_back({first, end});
        }
        const int offset = static_cast<int>(random.next() % (26 * 60)) - 12 * 60;
        const auto made = windows(schedule, minutes{offset});
        for (int minute = 0; minute < 7 * day; ++minute) {
            const int local = ((minute + offset) % (7 * day) + 7 * day) % (7 * day);
            bool wanted = false;
            for (int begins = 0; begins < 7; ++begins) {
                if ((schedule.days >> begins & 1) == 0) continue;
                const int since = (local - begins * day + 7 * day) % (7 * day);
                if (schedule.hours.empty()) wanted = wanted || since < day;
                for (const auto& hours : schedule.hours) {
                    const int end = hours.end_minute + (hours.end_minute <= hours.first_minute ? day : 0);
                    wanted = wanted || (since >= hours.first_minute && since < end);
                }
            }
            bool is = false;
            for (const auto& window : made)
                is = is || (minute >= window.first_minute && minute < window.end_minute);
            ASSERT_EQ(is, wanted) << "round " << round << " minute " << minute;
        }
    }
}

}  // namespace
}  // namespace sluice::policy
