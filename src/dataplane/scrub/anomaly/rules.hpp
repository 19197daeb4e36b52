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
    bool zombies = false;
    // What the detector knows of the target's quiet times, packets a second; 0: nothing.
    std::uint32_t usual_pps = 0;
    std::uint32_t usual_tcp_pps = 0;
    std::uint32_t usual_udp_pps = 0;

    auto operator<=>(const Rules&) const = default;
    [[nodiscard]] bool any() const { return heavy_sources || odd_lengths || repeated_payloads || zombies; }
};

}  // namespace sluice::dataplane::scrub::anomaly
