// What a tenant's hosts may try outwards, compiled: a worker's part of it.
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
    std::uint32_t packets_per_s = 0;  // of one flow, which is one worker's: not divided
    std::uint32_t hold_s = 0;
    meter::RateLimit contained;  // new flows, or packets that nobody answers

    [[nodiscard]] bool any() const { return action != model::OutboundAction::off; }
    [[nodiscard]] bool contains() const { return action >= model::OutboundAction::limit; }
    // So many tries a second are no reason to look closer.
    [[nodiscard]] std::uint32_t unsuspicious() const {
        return std::max(4U, std::min(new_flows_per_s, targets_per_s) / 4);
    }

    // A host's flows are spread evenly over the workers.
    [[nodiscard]] static Rules from(const model::OutboundPolicy& policy, std::uint32_t workers) {
        const auto part = [workers](std::uint32_t limit) { return std::max(1U, limit / workers); };
        return {policy.contain,
                part(policy.new_flows_per_s),
                part(policy.targets_per_s),
                policy.packets_per_s,
                policy.hold_s,
                meter::RateLimit::from({.packets_per_s = policy.contained_per_s, .bits_per_s = 0}, workers)};
    }
};

}  // namespace sluice::dataplane::outbound
