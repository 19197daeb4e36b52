// How far the guards of diversions go: GuardLevels for each of them, with what gateways report and what the
// incident's findings take for an attack.
#include <fmt/format.h>

#include "base/rate.hpp"
#include "mitigation/lifecycle.hpp"
#include "mitigation/mitigation_service_impl.hpp"

namespace sluice::mitigation {
namespace {

using model::Mitigation;
using model::MitigationKind;

void least(std::uint64_t& limit, std::uint64_t other) {
    if (other > 0 && (limit == 0 || other < limit)) limit = other;
}

// What a finding's rule takes for an attack, above what is usual there.
model::TrafficRate limits_of(const model::Finding& finding) {
    model::TrafficRate limits;
    if (finding.rule.limit == 0) return limits;
    if (finding.rule.metric == "bits/s")
        limits.bits_per_s = finding.before.bits_per_s + finding.rule.limit;
    else
        limits.packets_per_s = finding.before.packets_per_s + finding.rule.limit;
    return limits;
}

std::string story(model::GuardLevel from, model::GuardLevel to, const GuardedTraffic& traffic) {
    const bool rises = to > from;
    const auto& rate = rises ? traffic.passed : traffic.received;
    return fmt::format("the guard goes from {} to {}: {} ({}) {}", model::to_string(from),
                       model::to_string(to),
                       base::format_rate(rate.packets_per_s, base::RateUnit::packets_per_s),
                       base::format_rate(rate.bits_per_s, base::RateUnit::bits_per_s),
                       rises ? "came through" : "arrive, as in quiet times");
}

}  // namespace

void MitigationService::Impl::learn_limits(const model::Incident& incident) {
    for (const auto& [id, mitigation] : live_) {
        if (mitigation.tenant != incident.tenant || mitigation.kind != MitigationKind::divert) continue;
        model::TrafficRate limits;
        for (const auto& finding : incident.findings) {
            if (finding.state == model::FindingState::closed ||
                finding.direction != model::TrafficDirection::inbound ||
                !finding.target.overlaps(mitigation.target)) {
                continue;
            }
            const auto own = limits_of(finding);
            least(limits.packets_per_s, own.packets_per_s);
            least(limits.bits_per_s, own.bits_per_s);
        }
        // What has fired once is an attack's measure until the mitigation ends.
        if (limits.packets_per_s > 0 || limits.bits_per_s > 0) limits_[id] = limits;
    }
}

model::TrafficRate MitigationService::Impl::limits_for(const Mitigation& mitigation) const {
    const auto known = limits_.find(mitigation.id);
    if (known == limits_.end()) return {};
    model::TrafficRate limits = known->second;
    // A line that is nearly full is an attack's success, whatever the thresholds say.
    least(limits.bits_per_s, d_.prefixes.line_rate_bps(mitigation.tenant, mitigation.target) / 10 * 9);
    return limits;
}

void MitigationService::Impl::tend_guards() {
    std::erase_if(guards_, [&](const auto& item) {
        const auto live = live_.find(item.first);
        return live == live_.end() || !mitigation::in_force(live->second);
    });
    std::vector<model::MitigationId> ids;
    for (const auto& [id, mitigation] : live_) {
        if (mitigation.kind == MitigationKind::divert && mitigation::in_force(mitigation)) ids.push_back(id);
    }
    for (const auto id : ids) {
        if (const auto found = live_.find(id); found != live_.end()) tend_guard(Mitigation(found->second));
    }
}

void MitigationService::Impl::tend_guard(const Mitigation& mitigation) {
    Mitigation next = mitigation;
    const auto of_policy = d_.prefixes.guard_level_of(mitigation.tenant);
    std::string text;
    if (mitigation.guard.pinned || of_policy) {
        guards_.erase(mitigation.id);
        next.guard.level = mitigation.guard.pinned ? *mitigation.guard.pinned : *of_policy;
        if (next.guard.level == mitigation.guard.level) return;
        text = fmt::format("the tenant's policy wants level {}", model::to_string(next.guard.level));
    } else {
        const auto now = d_.clock.now();
        auto known = guards_.find(mitigation.id);
        if (known == guards_.end()) {
            const auto since = std::max(mitigation.guard.level_since, mitigation.created_at);
            known =
                guards_
                    .emplace(mitigation.id, GuardLevels(config_.guard, mitigation.guard, wall() - since, now))
                    .first;
        }
        std::optional<GuardedTraffic> traffic;
        {
            const std::lock_guard lock(reports_mutex_);
            traffic = traffic_.of(mitigation.id, now);
        }
        if (!known->second.step(traffic, limits_for(mitigation), attacked(mitigation), now)) return;
        next.guard.level = known->second.level();
        next.guard.changes = known->second.changes();
        text = story(mitigation.guard.level, next.guard.level, *traffic);
    }
    next.guard.level_since = wall();
    const auto stored = change(next, MitigationChange::guard_changed, text, wall());
    if (stored)
        audit_automatic(*stored, MitigationChange::guard_changed, text);
    else
        guards_.erase(mitigation.id);  // what is stored counts
}

}  // namespace sluice::mitigation
