#include "detection/baselines.hpp"

#include <algorithm>
#include <cmath>
#include <span>

namespace sluice::detection {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

// Fewer minutes than this say nothing about an hour.
constexpr std::uint8_t least_samples = 20;
// A week weighs no less than this in an hour's value, so that old weeks fade.
constexpr float least_blend = 0.25F;

std::int64_t hours_since_epoch(base::Timestamp at) {
    return std::chrono::floor<hours>(at).time_since_epoch().count();
}

// 1970-01-01 was a Thursday.
std::size_t hour_of_week(std::int64_t hours_since_epoch) {
    const std::int64_t shifted = (hours_since_epoch + 3 * 24) % static_cast<std::int64_t>(hours_of_week);
    return static_cast<std::size_t>(shifted < 0 ? shifted + static_cast<std::int64_t>(hours_of_week)
                                                : shifted);
}

float median_of(std::span<float> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    if (values.size() % 2 == 1) return *middle;
    return (*middle + *std::max_element(values.begin(), middle)) / 2;
}

struct MedianMad {
    float median;
    float mad;
};

MedianMad median_mad(std::span<float> values) {
    const float median = median_of(values);
    for (float& value : values) value = std::abs(value - median);
    return {median, median_of(values)};
}

UsualRate blend(const UsualRate& older, const UsualRate& newer, float share) {
    const auto mix = [share](float a, float b) { return a + (b - a) * share; };
    return {mix(older.median_packets, newer.median_packets), mix(older.mad_packets, newer.mad_packets),
            mix(older.median_bytes, newer.median_bytes), mix(older.mad_bytes, newer.mad_bytes)};
}

}  // namespace

std::size_t hour_of_week(base::Timestamp at) {
    return hour_of_week(hours_since_epoch(at));
}

void Baseline::sample(base::Timestamp at, Rate rate) {
    const std::int64_t hour = hours_since_epoch(at);
    if (hour != open_hour_) {
        if (open_hour_ >= 0) finish_hour();
        open_hour_ = hour;
        samples_ = 0;
    }
    if (samples_ < minutes_.size()) minutes_[samples_++] = rate;
}

void Baseline::finish_hour() {
    if (samples_ < least_samples) return;
    std::array<float, 60> packets;
    std::array<float, 60> bytes;
    for (std::size_t i = 0; i < samples_; ++i) {
        packets[i] = minutes_[i].packets;
        bytes[i] = minutes_[i].bytes;
    }
    const auto p = median_mad(std::span(packets).first(samples_));
    const auto b = median_mad(std::span(bytes).first(samples_));
    Hour& hour = hours_[hour_of_week(open_hour_)];
    const UsualRate seen{p.median, p.mad, b.median, b.mad};
    const float share = std::max(least_blend, 1.0F / static_cast<float>(hour.weeks + 1));
    hour.usual = hour.weeks == 0 ? seen : blend(hour.usual, seen, share);
    if (hour.weeks < 255) ++hour.weeks;
}

std::optional<UsualRate> Baseline::of_hour(std::size_t hour) const {
    if (hours_[hour].weeks != 0) return hours_[hour].usual;
    std::optional<UsualRate> highest;
    for (std::size_t other = hour % 24; other < hours_of_week; other += 24) {
        const Hour& candidate = hours_[other];
        if (candidate.weeks == 0) continue;
        if (!highest || candidate.usual.median_packets > highest->median_packets) highest = candidate.usual;
    }
    return highest;
}

std::optional<UsualRate> Baseline::expected(base::Timestamp at) const {
    const std::int64_t hour = hours_since_epoch(at);
    const auto minute =
        std::chrono::duration_cast<minutes>(at.time_since_epoch() - std::chrono::hours(hour)).count();
    const auto own = of_hour(hour_of_week(hour));
    const bool early = minute < 30;
    const auto next = of_hour(hour_of_week(early ? hour - 1 : hour + 1));
    if (!own || !next) return own ? own : next;
    const float share = static_cast<float>(early ? 30 - minute : minute - 30) / 60.0F;
    UsualRate usual = blend(*own, *next, share);
    usual.mad_packets = std::max(own->mad_packets, next->mad_packets);
    usual.mad_bytes = std::max(own->mad_bytes, next->mad_bytes);
    return usual;
}

Baseline* Baselines::obtain(const BaselineKey& key) {
    const auto found = baselines_.find(key);
    if (found != baselines_.end()) return &found->second;
    if (baselines_.size() >= limit_) return nullptr;
    return &baselines_[key];
}

const Baseline* Baselines::find(const BaselineKey& key) const {
    const auto found = baselines_.find(key);
    return found == baselines_.end() ? nullptr : &found->second;
}

base::Timestamp Baselines::began(model::TenantId tenant, base::Timestamp now) {
    return began_.try_emplace(tenant, now).first->second;
}

}  // namespace sluice::detection
