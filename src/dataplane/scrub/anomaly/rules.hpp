// Which anomalies of a target's traffic become filters, compiled.
#pragma once

#include <compare>
#include <cstdint>

#include "dataplane/coarse_time.hpp"

namespace sluice::dataplane::scrub::anomaly {

struct Rules {
    bool heavy_sources = false;
    bool odd_lengths = false;
    bool repeated_payloads = false;
    CoarseTime filter_for = 0;

    auto operator<=>(const Rules&) const = default;
    [[nodiscard]] bool any() const { return heavy_sources || odd_lengths || repeated_payloads; }
};

}  // namespace sluice::dataplane::scrub::anomaly
