#include "detection/compiled_policy.hpp"

#include <algorithm>
#include <tuple>

namespace sluice::detection {
namespace {

using model::CountScope;
using model::TrafficDirection;

Rule resolve(const model::Threshold& threshold, std::uint64_t line_rate_bps) {
    Rule rule;
    rule.name = threshold.name;
    rule.vector = threshold.vector;
    rule.classes = classes_of(threshold.vector);
    if (threshold.packets_per_s) rule.packets_per_s = static_cast<double>(*threshold.packets_per_s);
    if (threshold.bits_per_s) rule.bytes_per_s = static_cast<double>(*threshold.bits_per_s) / 8;
    if (threshold.line_rate_fraction && line_rate_bps != 0) {
        rule.bytes_per_s = std::min(rule.bytes_per_s,
                                    *threshold.line_rate_fraction * static_cast<double>(line_rate_bps) / 8);
    }
    if (threshold.learned_z && *threshold.learned_z > 0) {
        rule.learned_z = *threshold.learned_z;
        rule.learned_floor = static_cast<double>(threshold.learned_floor_packets_per_s);
    }
    return rule;
}

bool can_fire(const Rule& rule) {
    return rule.classes != 0 &&
           (rule.packets_per_s != Rule::no_limit || rule.bytes_per_s != Rule::no_limit || rule.learned_z > 0);
}

}  // namespace

void RuleSet::add(Rule rule) {
    least_packets_per_s = std::min(least_packets_per_s, rule.packets_per_s);
    least_bytes_per_s = std::min(least_bytes_per_s, rule.bytes_per_s);
    if (rule.learned_z > 0) {
        learns = true;
        least_packets_per_s = std::min(least_packets_per_s, std::max(rule.learned_floor, 1.0));
    }
    rules.push_back(std::move(rule));
}

struct CompiledPolicy::Builder {
    CompiledPolicy& out;
    // Prefixes of one tenant mostly share their line rate, and so their rules.
    std::map<std::tuple<std::size_t, CountScope, TrafficDirection, std::uint64_t>, std::uint32_t> made;

    std::uint32_t rule_set(std::size_t tenant, const model::DetectionPolicy& policy, CountScope scope,
                           TrafficDirection direction, std::uint64_t line_rate_bps) {
        const auto [at, is_new] =
            made.try_emplace({tenant, scope, direction, line_rate_bps}, std::uint32_t(out.rule_sets_.size()));
        if (!is_new) return at->second;
        RuleSet set;
        for (const auto& threshold : policy.thresholds) {
            if (threshold.scope != scope || threshold.direction != direction) continue;
            Rule rule = resolve(threshold, line_rate_bps);
            if (can_fire(rule))
                set.add(std::move(rule));
            else if (rule.classes == 0)
                ++out.refused_;
        }
        out.rule_sets_.push_back(std::move(set));
        return at->second;
    }

    ByDirection both(std::size_t tenant, const model::DetectionPolicy& policy, CountScope scope,
                     std::uint64_t line_rate_bps) {
        return {rule_set(tenant, policy, scope, TrafficDirection::inbound, line_rate_bps),
                rule_set(tenant, policy, scope, TrafficDirection::outbound, line_rate_bps)};
    }

    void add_tenant(std::size_t index, const model::DetectionPolicy& policy) {
        TenantEntry entry;
        entry.id = policy.tenant;
        entry.slug = policy.tenant_slug;
        entry.hold_down_ms = policy.hold_down_ms;
        std::uint64_t line_rate_bps = 0;
        for (const auto& target : policy.targets) line_rate_bps += target.line_rate_bps;
        entry.rules = both(index, policy, CountScope::tenant, line_rate_bps);
        out.tenants_.push_back(std::move(entry));
    }

    void add_target(std::size_t tenant, const model::DetectionPolicy& policy,
                    const model::DetectionTarget& wanted) {
        const auto* wider = out.by_prefix_.find_with_prefix(wanted.prefix.address());
        const bool taken = wider != nullptr &&
                           (wider->first == wanted.prefix || out.targets_[wider->second].tenant != tenant);
        if (taken) {
            ++out.refused_;
            return;
        }
        Target target;
        target.prefix = wanted.prefix;
        target.tenant = static_cast<std::uint32_t>(tenant);
        target.parent = wider == nullptr ? Target::none : wider->second;
        target.host_rules = both(tenant, policy, CountScope::host, wanted.line_rate_bps);
        target.prefix_rules = both(tenant, policy, CountScope::prefix, wanted.line_rate_bps);
        const auto index = static_cast<std::uint32_t>(out.targets_.size());
        if (target.parent == Target::none) out.tenants_[tenant].widest.push_back(index);
        out.by_prefix_.insert(target.prefix, index);
        out.near_.insert(target.prefix);
        out.targets_.push_back(target);
    }
};

std::uint32_t CompiledPolicy::find_exactly(const net::Prefix& prefix) const {
    std::uint32_t index = find(prefix.address());
    while (index != Target::none && targets_[index].prefix != prefix) index = targets_[index].parent;
    return index;
}

std::shared_ptr<const CompiledPolicy> CompiledPolicy::compile(
    const std::vector<model::DetectionPolicy>& policies, std::uint64_t version) {
    auto compiled = std::make_shared<CompiledPolicy>();
    compiled->version_ = version;
    Builder builder{*compiled, {}};

    struct Wanted {
        std::size_t tenant;
        const model::DetectionTarget* target;
    };
    std::vector<Wanted> wanted;
    for (std::size_t i = 0; i < policies.size(); ++i) {
        builder.add_tenant(i, policies[i]);
        for (const auto& target : policies[i].targets) wanted.push_back({i, &target});
    }
    // Wider first, so that the wider one is there when a narrower one looks for its parent.
    std::stable_sort(wanted.begin(), wanted.end(), [](const Wanted& a, const Wanted& b) {
        return a.target->prefix.bits() < b.target->prefix.bits();
    });
    for (const auto& [tenant, target] : wanted) builder.add_target(tenant, policies[tenant], *target);
    return compiled;
}

}  // namespace sluice::detection
