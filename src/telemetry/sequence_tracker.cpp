#include "telemetry/sequence_tracker.hpp"

#include <algorithm>

namespace sluice::telemetry {

SequenceStep SequenceTracker::observe(std::uint32_t first, std::uint32_t units, bool units_known,
                                      bool restarted) {
    SequenceStep step;
    const std::uint32_t next = first + units;
    if (restarted) {
        step.restarted = true;
        expect(next, units_known);
        return step;
    }
    if (!certain_) {
        expect(next, units_known);
        return step;
    }
    const auto delta = static_cast<std::int32_t>(first - expected_);
    if (delta == 0) {
        expect(next, units_known);
    } else if (delta > 0 && delta <= max_gap) {
        step.missing = static_cast<std::uint32_t>(delta);
        missing_ += step.missing;
        expect(next, units_known);
    } else if (delta < 0 && delta >= -reorder_window) {
        late_run_ = late_run_ > 0 && first == late_next_ ? late_run_ + 1 : 1;
        late_next_ = next;
        if (late_run_ >= late_run_limit) {
            step.restarted = true;
            expect(next, units_known);
            return step;
        }
        step.late = true;
        step.recovered = static_cast<std::uint32_t>(std::min<std::uint64_t>(missing_, units));
        missing_ -= step.recovered;
    } else {
        step.restarted = true;
        expect(next, units_known);
    }
    return step;
}

}  // namespace sluice::telemetry
