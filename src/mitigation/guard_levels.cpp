#include "mitigation/guard_levels.hpp"

#include <algorithm>

namespace sluice::mitigation {
namespace {

using model::GuardLevel;

bool above(const model::TrafficRate& rate, const model::TrafficRate& limits) {
    return (limits.packets_per_s > 0 && rate.packets_per_s > limits.packets_per_s) ||
           (limits.bits_per_s > 0 && rate.bits_per_s > limits.bits_per_s);
}

base::Duration ms(std::uint32_t value) {
    return std::chrono::milliseconds(value);
}

}  // namespace

base::Status validate(const GuardLevelsConfig& config) {
    using base::ErrorCode;
    if (config.rise_after_ms < 500 || config.rise_after_ms > 60'000)
        return base::fail(ErrorCode::invalid_argument, "is out of range", "rise_after_ms", "500 to 60000");
    if (config.fall_after_ms < config.rise_after_ms || config.fall_after_ms > config.longest_ms)
        return base::fail(ErrorCode::invalid_argument, "is out of range", "fall_after_ms",
                          "rise_after_ms to longest_ms");
    if (config.longest_ms > 86'400'000)
        return base::fail(ErrorCode::invalid_argument, "is out of range", "longest_ms", "at most a day");
    if (!(config.loss_share > 0 && config.loss_share < 1))
        return base::fail(ErrorCode::invalid_argument, "is no share", "loss_share", "as 0.001");
    return {};
}

GuardLevels::GuardLevels(const GuardLevelsConfig& config, const model::MitigationGuard& guard,
                         base::Duration age, base::Instant now)
    : config_(config),
      level_(guard.level),
      changes_(guard.changes),
      since_(now - std::clamp(age, base::Duration{}, ms(config.longest_ms))) {}

base::Duration GuardLevels::hold_down() const {
    const auto least =
        ms(lossy_ ? std::min(config_.fall_after_loss_ms, config_.fall_after_ms) : config_.fall_after_ms);
    return std::min(std::max(least, 2 * period_), ms(config_.longest_ms));
}

base::Duration GuardLevels::least_time() const {
    base::Duration time = ms(config_.rise_after_ms);
    for (std::uint32_t i = 0; i < changes_ && time < ms(config_.longest_ms); ++i) time *= 2;
    return std::min(time, ms(config_.longest_ms));
}

void GuardLevels::note_wave(bool attacked, base::Instant now) {
    if (attacked && !attacked_) {
        if (wave_began_) {
            // Longer ones are attacks of their own.
            const base::Duration period = now - *wave_began_;
            if (period <= ms(config_.longest_ms) / 2) period_ = period;
        }
        wave_began_ = now;
    }
    attacked_ = attacked;
}

void GuardLevels::note(const GuardedTraffic& traffic, const model::TrafficRate& limits, base::Instant now) {
    const bool attacked = above(traffic.received, limits);
    note_wave(attacked, now);
    lossy_ = traffic.verified_loss > config_.loss_share;
    if (!above(traffic.passed, limits))
        through_since_.reset();
    else if (!through_since_)
        through_since_ = now;
    if (attacked)
        calm_since_.reset();
    else if (!calm_since_)
        calm_since_ = now;
}

void GuardLevels::change_to(GuardLevel level, base::Instant now) {
    level_ = level;
    ++changes_;
    since_ = now;
    // The next step needs its own time.
    if (through_since_) through_since_ = now;
    if (calm_since_) calm_since_ = now;
    if (over_since_) over_since_ = now;
}

bool GuardLevels::may_fall(base::Instant now) const {
    if (level_ == GuardLevel::analysis) return false;
    const auto& since = level_ == GuardLevel::strong ? calm_since_ : over_since_;
    return since && now - *since >= hold_down() && now - since_ >= least_time();
}

bool GuardLevels::step(const std::optional<GuardedTraffic>& traffic, const model::TrafficRate& limits,
                       bool open, base::Instant now) {
    if (!traffic || (limits.packets_per_s == 0 && limits.bits_per_s == 0)) {
        through_since_.reset();
        calm_since_.reset();
        over_since_.reset();
        return false;
    }
    note(*traffic, limits, now);
    if (open || !calm_since_)
        over_since_.reset();
    else if (!over_since_)
        over_since_ = now;
    if (level_ != GuardLevel::strong && through_since_ &&
        now - *through_since_ >= ms(config_.rise_after_ms)) {
        change_to(level_ == GuardLevel::analysis ? GuardLevel::basic : GuardLevel::strong, now);
        return true;
    }
    if (may_fall(now)) {
        change_to(level_ == GuardLevel::strong ? GuardLevel::basic : GuardLevel::analysis, now);
        return true;
    }
    return false;
}

}  // namespace sluice::mitigation
