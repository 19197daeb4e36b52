// The exact counters: every configured prefix and every tenant, in both directions. A prefix counts what its
// narrower prefixes count, too; a tenant counts its widest prefixes.
//
// Detector thread only.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "detection/compiled_policy.hpp"
#include "detection/long_flows.hpp"
#include "detection/meter.hpp"
#include "detection/subject.hpp"

namespace sluice::detection {

struct alignas(64) Aggregate {
    std::uint32_t watch = 0;    // index + 1; 0: none
    std::uint32_t episode = 0;  // index + 1; 0: none
    // Since the last report.
    double reported_packets = 0;
    double reported_bytes = 0;
    TrafficCounts counts;  // of this tick
    Meter meter;
    LongRates long_rates;
    Rates explained;  // of findings inside it that are open: no second finding for the same traffic

    // All rates: of the filter and of flows that last.
    [[nodiscard]] Rates rates() const {
        Rates all = meter.rates();
        if (!long_rates.empty()) long_rates.add_to(all);
        return all;
    }
    [[nodiscard]] bool is_idle() const {
        return counts.mask == 0 && meter.rates().mask == 0 && long_rates.empty() && watch == 0 &&
               episode == 0 && explained.mask == 0;
    }
    [[nodiscard]] Rates unexplained() const {
        Rates rest = rates();
        rest.subtract(explained);
        return rest;
    }
};

class AggregateBook {
  public:
    // What both policies have keeps its rates.
    void set_policy(std::shared_ptr<const CompiledPolicy> policy);

    [[nodiscard]] Aggregate& target(std::uint32_t index, std::uint32_t direction) {
        return targets_[std::size_t{index} * 2 + direction];
    }
    [[nodiscard]] Aggregate& tenant(std::uint32_t index, std::uint32_t direction) {
        return tenants_[std::size_t{index} * 2 + direction];
    }
    // Of a prefix or tenant.
    [[nodiscard]] Aggregate& of(const Subject& subject);
    [[nodiscard]] const RuleSet& rules_of(const Subject& subject) const;

    // Of a target that will be counted soon.
    void prefetch(std::uint32_t target, std::uint32_t direction) const {
        const auto* lines = reinterpret_cast<const char*>(&targets_[std::size_t{target} * 2 + direction]);
        __builtin_prefetch(lines, 1);
        __builtin_prefetch(lines + 64, 1);
    }
    void count(std::uint32_t target, std::uint32_t direction, const TrafficCounts& counts) {
        wake(std::size_t{target} * 2 + direction);
        this->target(target, direction).counts.add(counts);
    }

    // When every host has been counted: sums up, brings the meters to the tick's end, forgets the counts.
    void finish_tick(const TickTime& tick, const RateFilter& filter);

    // Calls visit(Subject, Aggregate&) for every prefix and tenant, the narrow before the wide.
    template <class Visit>
    void for_each(Visit visit) {
        for (std::size_t i = targets_.size(); i-- > 0;) {
            visit(Subject{model::CountScope::prefix, model::TrafficDirection(i % 2), std::uint32_t(i / 2)},
                  targets_[i]);
        }
        for (std::size_t i = 0; i < tenants_.size(); ++i) {
            visit(Subject{model::CountScope::tenant, model::TrafficDirection(i % 2), std::uint32_t(i / 2)},
                  tenants_[i]);
        }
    }
    // The same for those that had traffic lately, that play long flows, or that are watched or under attack.
    template <class Visit>
    void for_each_active(Visit visit) {
        for (std::size_t i = targets_.size(); i-- > 0;) {
            if (active_[i] == 0) continue;
            visit(Subject{model::CountScope::prefix, model::TrafficDirection(i % 2), std::uint32_t(i / 2)},
                  targets_[i]);
            if (targets_[i].is_idle()) active_[i] = 0;
        }
        for (std::size_t i = 0; i < tenants_.size(); ++i) {
            visit(Subject{model::CountScope::tenant, model::TrafficDirection(i % 2), std::uint32_t(i / 2)},
                  tenants_[i]);
        }
    }
    // Adds rates that an open finding explains to everything around `target` (itself too when `itself`).
    void explain(std::uint32_t target, std::uint32_t direction, const Rates& rates, bool itself);
    void clear_explained();

    // Changes the long flows' rates of a target, of everything around it, and of its tenant.
    void change_long(std::uint32_t target, unsigned direction, unsigned traffic_class,
                     std::int64_t milli_packets, std::int64_t milli_bytes, int flows);

  private:
    // Calls visit(Aggregate&) for the target, those around it, and the tenant.
    template <class Visit>
    void upwards(std::uint32_t target, std::uint32_t direction, Visit visit) {
        const std::uint32_t owner = policy_->targets()[target].tenant;
        for (; target != Target::none; target = policy_->targets()[target].parent) {
            visit(this->target(target, direction));
        }
        visit(tenant(owner, direction));
    }
    void wake(std::size_t index) { active_[index] = 1; }
    void finish(Aggregate& aggregate, const RuleSet& rules, const TickTime& tick, const RateFilter& filter);

    std::shared_ptr<const CompiledPolicy> policy_;
    std::vector<Aggregate> targets_;    // by target and direction
    std::vector<Aggregate> tenants_;    // by tenant and direction
    std::vector<std::uint8_t> active_;  // by target and direction
    bool any_explained_ = false;
};

}  // namespace sluice::detection
