// Learned thresholds: takes a sample a minute of what their rules count, and turns what is usual at this hour
// into limits. One thread, but for save() and load().
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "detection/baselines.hpp"
#include "detection/compiled_policy.hpp"
#include "detection/judge.hpp"

namespace sluice::detection {

class Learning {
  public:
    Learning(std::size_t limit, base::Duration silent_for) : silent_for_(silent_for), baselines_(limit) {}

    // True about once a minute: then sample() everything.
    [[nodiscard]] bool due(base::Timestamp now);
    // `quiet`: no attack is going on there.
    void sample(const TenantEntry& tenant, model::CountScope scope, model::TrafficDirection direction,
                const net::Prefix& target, const RuleSet& rules, const Rates& rates, bool quiet,
                base::Timestamp now);

    // What a learned rule stands for now at this place. A host that was never near the rule's floor has no
    // baseline; its usual rate is taken as nothing.
    [[nodiscard]] std::optional<LearnedLimit> limit(const TenantEntry& tenant, model::CountScope scope,
                                                    model::TrafficDirection direction,
                                                    const net::Prefix& target, const Rule& rule,
                                                    base::Timestamp now);

    // Any thread.
    [[nodiscard]] std::string save() const;
    [[nodiscard]] base::Status load(const std::string& text);
    [[nodiscard]] std::uint64_t refused() const { return refused_; }

  private:
    base::Duration silent_for_;
    base::Timestamp sampled_last_{};
    std::uint64_t refused_ = 0;

    mutable std::mutex mutex_;
    Baselines baselines_;
};

// The limits at one place, for judge().
class LearnedHere final : public LearnedLimits {
  public:
    LearnedHere(Learning& learning, const TenantEntry& tenant, model::CountScope scope,
                model::TrafficDirection direction, const net::Prefix& target, base::Timestamp now)
        : learning_(learning),
          tenant_(tenant),
          scope_(scope),
          direction_(direction),
          target_(target),
          now_(now) {}
    [[nodiscard]] std::optional<LearnedLimit> limit(const Rule& rule) const override {
        return learning_.limit(tenant_, scope_, direction_, target_, rule, now_);
    }

  private:
    Learning& learning_;
    const TenantEntry& tenant_;
    model::CountScope scope_;
    model::TrafficDirection direction_;
    const net::Prefix& target_;
    base::Timestamp now_;
};

}  // namespace sluice::detection
