// How long traffic must stay below its limit before an attack has ended, learned from how it comes and goes.
//
//     above  ████      ████      ████
//            ├─on─┤pause├        │
//            ├─ a period ┤─ another ┤
//
// - A plain attack ends after the configured hold-down.
// - One that came back once is held for twice (pause + on), where an `on` longer than the pause counts as the
//   pause: a gap of seconds in an attack of minutes says little about the next one.
// - Two periods of about the same length, with pauses that are a good part of them, are a wave: it is held
// over
//   two whole periods, at most 10 minutes.
#pragma once

#include "base/clock.hpp"

namespace sluice::detection {

class PulseRhythm {
  public:
    // `configured`: the hold-down of the tenant's policy.
    PulseRhythm(base::Instant rose, base::Duration configured);

    // The traffic is above its limit; each tick.
    void above(base::Instant now);
    // The policy has changed, or the rhythm is known from an earlier attack.
    void configure(base::Duration hold_down) { configured_ = hold_down; }

    [[nodiscard]] base::Duration hold_down() const;
    [[nodiscard]] bool over(base::Instant now) const { return now - above_last_ >= hold_down(); }
    // So long after the last rise that what comes then is another attack.
    [[nodiscard]] bool forgotten(base::Instant now) const;

  private:
    void returned(base::Duration on, base::Duration pause);

    base::Duration configured_;
    base::Duration learned_{};
    base::Duration period_{};  // the last one; 0: none yet
    base::Instant rose_last_;
    base::Instant above_last_;
};

}  // namespace sluice::detection
