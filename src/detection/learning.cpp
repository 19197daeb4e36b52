#include "detection/learning.hpp"

#include <algorithm>

namespace sluice::detection {
namespace {

constexpr base::Duration sample_interval = std::chrono::minutes(1);
// A host below this part of a rule's floor needs no baseline: it cannot fire, and its usual rate is nothing.
constexpr double worth_learning = 0.25;

}  // namespace

bool Learning::due(base::Timestamp now) {
    if (sampled_last_ == base::Timestamp{}) sampled_last_ = now;
    if (now - sampled_last_ < sample_interval) return false;
    sampled_last_ = now;
    return true;
}

void Learning::sample(const TenantEntry& tenant, model::CountScope scope, model::TrafficDirection direction,
                      const net::Prefix& target, const RuleSet& rules, const Rates& rates, bool quiet,
                      base::Timestamp now) {
    const std::lock_guard lock(mutex_);
    for (const Rule& rule : rules.rules) {
        if (rule.learned_z <= 0) continue;
        (void)baselines_.began(tenant.id, now);
        if (!quiet) continue;
        const Rate rate = rates.sum(rule.classes);
        const BaselineKey key{tenant.id, scope, direction, rule.vector, target};
        const bool worth = scope != model::CountScope::host ||
                           rate.packets >= worth_learning * rule.learned_floor ||
                           baselines_.find(key) != nullptr;
        if (!worth) continue;
        if (Baseline* baseline = baselines_.obtain(key); baseline != nullptr)
            baseline->sample(now, rate);
        else
            ++refused_;
    }
}

std::optional<LearnedLimit> Learning::limit(const TenantEntry& tenant, model::CountScope scope,
                                            model::TrafficDirection direction, const net::Prefix& target,
                                            const Rule& rule, base::Timestamp now) {
    const std::lock_guard lock(mutex_);
    if (now - baselines_.began(tenant.id, now) < silent_for_) return std::nullopt;
    const Baseline* baseline = baselines_.find({tenant.id, scope, direction, rule.vector, target});
    LearnedLimit limit;
    const auto usual = baseline == nullptr ? std::nullopt : baseline->expected(now);
    if (!usual) {
        // A table that is full must not make strangers of busy hosts.
        if (scope != model::CountScope::host || baselines_.full()) return std::nullopt;
        limit.packets_per_s = rule.learned_floor;
        return limit;
    }
    limit.packets_per_s =
        std::max(rule.learned_floor, limit_from(usual->median_packets, usual->mad_packets, rule.learned_z));
    limit.usual_packets_per_s = usual->median_packets;
    if (usual->median_bytes > 0) {
        limit.bytes_per_s = limit_from(usual->median_bytes, usual->mad_bytes, rule.learned_z);
    }
    limit.usual_bytes_per_s = usual->median_bytes;
    return limit;
}

std::string Learning::save() const {
    // Written from a copy: putting it into words takes longer than a tick may wait.
    const Baselines copy = [this] {
        const std::lock_guard lock(mutex_);
        return baselines_;
    }();
    return copy.to_json();
}

base::Status Learning::load(const std::string& text) {
    const std::lock_guard lock(mutex_);
    return baselines_.from_json(text);
}

}  // namespace sluice::detection
