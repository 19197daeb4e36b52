// How far the guard of one diversion goes, by itself: a plain machine of what arrives and what comes through.
//
//   analysis ──more comes through than the limits, 2 s──▶ basic ──the same again──▶ strong
//       ◀──less arrives than the limits, for the hold-down──┘ ◀──────the same again────┘
//
// - One level at a time. It rises on what was passed, and falls on what was received: while an attack is held
//   off, nothing falls.
// - Nothing falls to analysis while the attack is not over for the detector, who waits for the next wave.
// - The hold-down covers two periods of an attack that comes in waves.
// - The time that a level lasts at least before it falls doubles with each change, so nothing swings for
// long.
// - Where senders that have shown themselves are turned away, the end of the attack is not awaited so long.
#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "model/finding.hpp"
#include "model/guard.hpp"
#include "model/mitigation.hpp"

namespace sluice::mitigation {

struct GuardLevelsConfig {
    std::uint32_t rise_after_ms = 2'000;
    std::uint32_t fall_after_ms = 30'000;
    std::uint32_t fall_after_loss_ms = 5'000;
    std::uint32_t longest_ms = 600'000;  // of hold-down and of the least time at a level
    double loss_share = 0.001;           // of packets of verified senders: more than this is a loss
};
[[nodiscard]] base::Status validate(const GuardLevelsConfig& config);

// Of one target, over all gateways, a moment ago.
struct GuardedTraffic {
    model::TrafficRate received;
    model::TrafficRate passed;
    double verified_loss = 0;  // share of the packets of verified senders that were dropped
};

// Not thread-safe.
class GuardLevels {
  public:
    // At the level that the guard has now, for `age` already.
    GuardLevels(const GuardLevelsConfig& config, const model::MitigationGuard& guard, base::Duration age,
                base::Instant now);

    // At least every 500 ms. `limits`: from where on traffic is an attack, a zero is none; without any of
    // them, or without traffic (nothing is known of it), nothing changes. `open`: the attack is not over for
    // the detector. True when the level has changed.
    [[nodiscard]] bool step(const std::optional<GuardedTraffic>& traffic, const model::TrafficRate& limits,
                            bool open, base::Instant now);

    [[nodiscard]] model::GuardLevel level() const { return level_; }
    [[nodiscard]] std::uint32_t changes() const { return changes_; }
    // How long less than the limits must arrive before the level falls.
    [[nodiscard]] base::Duration hold_down() const;

  private:
    void note(const GuardedTraffic& traffic, const model::TrafficRate& limits, base::Instant now);
    void note_wave(bool attacked, base::Instant now);
    void change_to(model::GuardLevel level, base::Instant now);
    [[nodiscard]] bool may_fall(base::Instant now) const;
    [[nodiscard]] base::Duration least_time() const;

    GuardLevelsConfig config_;
    model::GuardLevel level_;
    std::uint32_t changes_;
    base::Instant since_;
    std::optional<base::Instant> through_since_;  // more than the limits comes through
    std::optional<base::Instant> calm_since_;     // less than the limits arrives
    std::optional<base::Instant> over_since_;     // and the detector says that it is over
    std::optional<base::Instant> wave_began_;
    base::Duration period_{};  // of waves; 0: none seen
    bool attacked_ = false;
    bool lossy_ = false;
};

}  // namespace sluice::mitigation
