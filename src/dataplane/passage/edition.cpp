#include "dataplane/passage/edition.hpp"

#include "dataplane/tenant_firewall.hpp"

namespace sluice::dataplane::passage {
namespace {

// Times of rules that began or ended under this policy.
std::uint32_t schedule_changes(const Context& context, const TenantPath& path) {
    WorkerState& state = context.state;
    Schedule& schedule = state.schedules[path.index];
    const std::uint64_t minute = state.unix_s / 60;
    if (schedule.generation != path.generation || minute >= schedule.next_minute ||
        minute < schedule.asked_minute) {
        schedule.changes = schedule.generation == path.generation ? schedule.changes + 1 : 0;
        schedule.generation = path.generation;
        schedule.asked_minute = minute;
        schedule.next_minute =
            minute + path.firewall->rules.minutes_until_change(firewall::minute_of_week(state.unix_s));
    }
    return schedule.changes;
}

}  // namespace

Edition edition_now(const Context& context, const TenantPath& path) {
    if (!path.varies) [[likely]]
        return {path.generation, 0};
    const TenantFirewall& firewall = *path.firewall;
    // Before the rules are asked: a log-in meanwhile is another edition.
    const std::uint32_t users = firewall.users != nullptr ? firewall.users->changes() : 0;
    const std::uint32_t changes = (path.has_schedule ? schedule_changes(context, path) : 0) + (users >> 16U);
    return {path.generation + changes % (generation_step - 1), static_cast<std::uint16_t>(users)};
}

}  // namespace sluice::dataplane::passage
