// How counts become rates: an exponentially weighted mean with a time constant of some hundred milliseconds.
//
// A step to n times a limit crosses it after rate_ms · ln(n / (n − 1)): 0.69 rate_ms for twice, 0.11 rate_ms
// for ten times. Constant traffic shows exactly its rate: a count is taken as spread evenly over the interval
// that it covers, so neither the tick nor an exporter's bursts make a ripple above it.
#pragma once

#include <cmath>

#include "base/clock.hpp"

namespace sluice::detection {

class RateFilter {
  public:
    explicit RateFilter(base::Duration time_constant) : tau_s_(seconds(time_constant)) {}

    // What is left of a rate after this long.
    [[nodiscard]] float decay(base::Duration elapsed) const {
        return static_cast<float>(std::exp(-seconds(elapsed) / tau_s_));
    }
    // What one unit counted over `covered` adds to the rate at the interval's end.
    [[nodiscard]] float weight(base::Duration covered) const {
        const double s = seconds(covered);
        return static_cast<float>(s <= 0 ? 1 / tau_s_ : -std::expm1(-s / tau_s_) / s);
    }
    [[nodiscard]] double time_constant_s() const { return tau_s_; }

    static double seconds(base::Duration duration) { return static_cast<double>(duration.count()) * 1e-9; }

  private:
    double tau_s_;
};

}  // namespace sluice::detection
