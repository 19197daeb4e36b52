// What a tenant's hosts may try outwards, compiled.
#pragma once

#include <algorithm>
#include <cstdint>

#include "dataplane/meter/rate_limit.hpp"
#include "model/outbound.hpp"

namespace sluice::dataplane::outbound {

struct Rules {
    model::OutboundAction action = model::OutboundAction::off;
    std::uint32_t new_flows_per_s = 0;
    std::uint32_t targets_per_s = 0;
    std::uint32_t packets_per_s = 0;
    std::uint32_t hold_s = 0;
    std::uint32_t workers = 1;   // among which a host's flows are spread
    meter::RateLimit contained;  // new flows, or packets that nobody answers; one worker's part

    [[nodiscard]] bool any() const { return action != model::OutboundAction::off; }
    [[nodiscard]] bool contains() const { return action >= model::OutboundAction::limit; }
    // So many tries a second, at one worker, are no reason to look closer.
    [[nodiscard]] std::uint32_t unsuspicious() const {
        return std::max(4U, std::min(new_flows_per_s, targets_per_s) / 4 / workers);
    }

    [[nodiscard]] static Rules from(const model::OutboundPolicy& policy, std::uint32_t workers) {
        return {policy.contain,
                policy.new_flows_per_s,
                policy.targets_per_s,
                policy.packets_per_s,
                policy.hold_s,
                workers,
                meter::RateLimit::from({.packets_per_s = policy.contained_per_s, .bits_per_s = 0}, workers)};
    }
};

}  // namespace sluice::dataplane::outbound
