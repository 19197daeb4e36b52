// What is usual by hour of the week, learned per target and vector: the median and the median absolute
// deviation of a rate, from one sample a minute.
//
// An hour's samples become that hour's values when it ends and are blended with those of earlier weeks. An
// hour that was never seen is judged by the same hour of other days, the highest of them; before anything is
// known nothing is expected. Minutes under attack are not learned.
//
// State: a fixed number of baselines (1.4 kB each). One thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "detection/meter.hpp"
#include "model/detection_policy.hpp"

namespace sluice::detection {

struct BaselineKey {
    model::TenantId tenant;
    model::CountScope scope = model::CountScope::host;
    model::TrafficDirection direction = model::TrafficDirection::inbound;
    model::AttackVector vector = model::AttackVector::total;
    net::Prefix target;  // the tenant's own: ::/0
    auto operator<=>(const BaselineKey&) const = default;
};

// Usual values of one hour of the week.
struct UsualRate {
    float median_packets = 0;
    float mad_packets = 0;
    float median_bytes = 0;
    float mad_bytes = 0;
};

inline constexpr std::size_t hours_of_week = 168;  // 0 is Monday 00:00 UTC
[[nodiscard]] std::size_t hour_of_week(base::Timestamp at);

class Baseline {
  public:
    void sample(base::Timestamp at, Rate rate);
    // Between the middles of the two nearest hours, so that a morning's rise is no surprise at a full hour.
    [[nodiscard]] std::optional<UsualRate> expected(base::Timestamp at) const;

    struct Hour {
        UsualRate usual;
        std::uint8_t weeks = 0;  // that it was learned from, at most 255
    };
    [[nodiscard]] const std::array<Hour, hours_of_week>& hours() const { return hours_; }
    void restore(std::size_t hour, const Hour& value) { hours_[hour] = value; }

  private:
    void finish_hour();
    [[nodiscard]] std::optional<UsualRate> of_hour(std::size_t hour) const;

    std::array<Hour, hours_of_week> hours_{};
    std::int64_t open_hour_ = -1;  // hours since the epoch
    std::uint8_t samples_ = 0;
    std::array<Rate, 60> minutes_;
};

class Baselines {
  public:
    explicit Baselines(std::size_t limit) : limit_(limit) {}

    // Makes the baseline when there is room; nullptr otherwise.
    Baseline* obtain(const BaselineKey& key);
    [[nodiscard]] const Baseline* find(const BaselineKey& key) const;
    [[nodiscard]] std::size_t size() const { return baselines_.size(); }
    [[nodiscard]] bool full() const { return baselines_.size() >= limit_; }

    // When learning began for a tenant: learned thresholds are silent for a while after that.
    [[nodiscard]] base::Timestamp began(model::TenantId tenant, base::Timestamp now);

    // JSON, and back. What is loaded replaces everything.
    [[nodiscard]] std::string to_json() const;
    [[nodiscard]] base::Status from_json(const std::string& text);

  private:
    std::size_t limit_;
    std::map<BaselineKey, Baseline> baselines_;
    std::map<model::TenantId, base::Timestamp> began_;
};

}  // namespace sluice::detection
