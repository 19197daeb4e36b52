// The tenants' detection policies, resolved for the detector: which prefix an address belongs to, and which
// limits count for a host, a prefix and a tenant. Immutable; swapped whole.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "detection/near_filter.hpp"
#include "detection/traffic_class.hpp"
#include "model/detection_policy.hpp"
#include "net/prefix_map.hpp"

namespace sluice::detection {

// One threshold, its limits resolved. Limits are infinite where there is none.
struct Rule {
    static constexpr double no_limit = std::numeric_limits<double>::infinity();

    std::string name;
    model::AttackVector vector = model::AttackVector::total;
    ClassMask classes = all_classes;
    double packets_per_s = no_limit;
    double bytes_per_s = no_limit;  // the stricter of the absolute limit and the share of the line rate
    double learned_z = 0;           // 0: not learned
    double learned_floor = 0;       // packets/s
};

// The rules of one scope and direction.
struct RuleSet {
    std::vector<Rule> rules;
    // No rule can be crossed while both totals are below these.
    double least_packets_per_s = Rule::no_limit;
    double least_bytes_per_s = Rule::no_limit;
    bool learns = false;

    void add(Rule rule);
};

using ByDirection = std::array<std::uint32_t, 2>;  // index of a RuleSet, by model::TrafficDirection

struct Target {
    static constexpr std::uint32_t none = 0xffffffff;

    net::Prefix prefix;
    std::uint32_t tenant = none;
    std::uint32_t parent = none;  // the next wider prefix of the same tenant
    ByDirection host_rules{};
    ByDirection prefix_rules{};
};

struct TenantEntry {
    model::TenantId id;
    std::string slug;
    std::uint32_t hold_down_ms = 10'000;
    ByDirection rules{};
    std::vector<std::uint32_t> widest;  // targets without a parent
};

class CompiledPolicy {
  public:
    // What cannot be used (a prefix that another tenant has, a vector that counters cannot show) is left out
    // and counted in `refused`: the controller has checked the policy, so this does not happen by itself.
    static std::shared_ptr<const CompiledPolicy> compile(const std::vector<model::DetectionPolicy>& policies,
                                                         std::uint64_t version);

    // Target index, or Target::none.
    [[nodiscard]] std::uint32_t find(const net::Address& address) const {
        const auto* found = by_prefix_.find(address);
        return found == nullptr ? Target::none : *found;
    }
    // The target with exactly this prefix, or none.
    [[nodiscard]] std::uint32_t find_exactly(const net::Prefix& prefix) const;
    [[nodiscard]] bool may_contain(const net::Address& address) const { return near_.may_contain(address); }

    // Narrow prefixes come after the wider ones that contain them.
    [[nodiscard]] const std::vector<Target>& targets() const { return targets_; }
    [[nodiscard]] const std::vector<TenantEntry>& tenants() const { return tenants_; }
    [[nodiscard]] const RuleSet& rules(std::uint32_t index) const { return rule_sets_[index]; }
    [[nodiscard]] const RuleSet& host_rules(std::uint32_t target, model::TrafficDirection direction) const {
        return rule_sets_[targets_[target].host_rules[static_cast<std::size_t>(direction)]];
    }
    [[nodiscard]] std::uint64_t version() const { return version_; }
    [[nodiscard]] std::uint64_t refused() const { return refused_; }

  private:
    struct Builder;

    net::PrefixMap<std::uint32_t> by_prefix_;
    NearFilter near_;
    std::vector<Target> targets_;
    std::vector<TenantEntry> tenants_;
    std::vector<RuleSet> rule_sets_;
    std::uint64_t version_ = 0;
    std::uint64_t refused_ = 0;
};

}  // namespace sluice::detection
