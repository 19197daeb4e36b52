#include "detection/pulse_rhythm.hpp"

#include <algorithm>

namespace sluice::detection {
namespace {

// Slower than this is no pulse but another attack.
constexpr base::Duration longest_period = std::chrono::minutes(5);
constexpr base::Duration longest_learned = 2 * longest_period;
// A shorter pause is the exporter's (it reports in bursts, a datagram is lost) and not the attacker's.
constexpr base::Duration shortest_pause = std::chrono::milliseconds(2000);

bool alike(base::Duration a, base::Duration b) {
    return 2 * std::max(a, b) <= 3 * std::min(a, b);
}

}  // namespace

PulseRhythm::PulseRhythm(base::Instant rose, base::Duration configured)
    : configured_(configured), rose_last_(rose), above_last_(rose) {}

void PulseRhythm::above(base::Instant now) {
    const base::Duration pause = now - above_last_;
    if (pause >= shortest_pause) {
        returned(above_last_ - rose_last_, pause);
        rose_last_ = now;
    }
    above_last_ = now;
}

void PulseRhythm::returned(base::Duration on, base::Duration pause) {
    const base::Duration period = on + pause;
    const bool wave = alike(period, period_) && 5 * pause >= period && period <= longest_period;
    period_ = period;
    const base::Duration wanted = wave ? 2 * period : 2 * (pause + std::min(on, pause));
    learned_ = std::clamp(wanted, learned_, longest_learned);
}

base::Duration PulseRhythm::hold_down() const {
    return std::max(configured_, learned_);
}

bool PulseRhythm::forgotten(base::Instant now) const {
    return now - rose_last_ > longest_period;
}

}  // namespace sluice::detection
