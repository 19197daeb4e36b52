// A schedule in local time → windows of the week in UTC, as a gateway keeps them.
//
// A gateway knows no time zones: the windows are those of the offset that is in force when they are made, and
// they are made again when it changes (next_schedule_change in resolver.hpp). At the change itself a window
// may thus be an hour off until the new program is in force, which is a second or two.
#pragma once

#include <chrono>
#include <span>
#include <vector>

#include "model/firewall_policy.hpp"

namespace sluice::policy {

// Of all the schedules together; by beginning, apart from one another. Empty only without schedules.
[[nodiscard]] std::vector<model::WeekWindow> week_windows(
    std::span<const model::SchedulePolicy* const> schedules, std::chrono::seconds utc_offset);

}  // namespace sluice::policy
