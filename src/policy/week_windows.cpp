#include "policy/week_windows.hpp"

#include <algorithm>

namespace sluice::policy {
namespace {

constexpr int minutes_a_day = 24 * 60;
constexpr int minutes_a_week = 7 * minutes_a_day;

struct Span {
    int first;
    int end;
};

// Anywhere on the line of minutes → within the week, cut at its end.
void add_wrapped(int first, int end, std::vector<Span>& spans) {
    const int length = std::min(end - first, minutes_a_week);
    const int begin = ((first % minutes_a_week) + minutes_a_week) % minutes_a_week;
    spans.push_back({begin, std::min(begin + length, minutes_a_week)});
    if (begin + length > minutes_a_week) spans.push_back({0, begin + length - minutes_a_week});
}

void add_schedule(const model::SchedulePolicy& schedule, int offset, std::vector<Span>& spans) {
    static const std::vector<model::DayHours> whole_day{{0, minutes_a_day}};
    for (int day = 0; day < 7; ++day) {
        if ((schedule.days >> day & 1) == 0) continue;
        for (const auto& hours : schedule.hours.empty() ? whole_day : schedule.hours) {
            const int first = day * minutes_a_day + hours.first_minute;
            int end = day * minutes_a_day + hours.end_minute;
            if (hours.end_minute <= hours.first_minute) end += minutes_a_day;
            add_wrapped(first - offset, end - offset, spans);
        }
    }
}

}  // namespace

std::vector<model::WeekWindow> week_windows(std::span<const model::SchedulePolicy* const> schedules,
                                            std::chrono::seconds utc_offset) {
    std::vector<Span> spans;
    const int offset = static_cast<int>(std::chrono::floor<std::chrono::minutes>(utc_offset).count());
    for (const auto* schedule : schedules) add_schedule(*schedule, offset, spans);
    std::sort(spans.begin(), spans.end(), [](const Span& a, const Span& b) { return a.first < b.first; });
    std::vector<model::WeekWindow> windows;
    for (const auto& span : spans) {
        if (!windows.empty() && span.first <= windows.back().end_minute) {
            windows.back().end_minute =
                std::max(windows.back().end_minute, static_cast<std::uint16_t>(span.end));
            continue;
        }
        windows.push_back({static_cast<std::uint16_t>(span.first), static_cast<std::uint16_t>(span.end)});
    }
    return windows;
}

}  // namespace sluice::policy
