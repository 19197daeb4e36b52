// What a tenant's policy says about flows, compiled: time-outs by state, which every packet reads (tenants
// with the same settings should share one), and limits, which only new flows read.
#pragma once

#include <array>
#include <compare>
#include <cstdint>

#include "dataplane/coarse_time.hpp"
#include "dataplane/flow/flow.hpp"
#include "dataplane/meter/rate_limit.hpp"
#include "model/firewall.hpp"

namespace sluice::dataplane::flow {

// One cache line.
struct alignas(64) FlowTimes {
    std::array<CoarseTime, static_cast<std::size_t>(FlowState::count_)> idle{};  // by state
    bool strict_tcp = true;

    [[nodiscard]] static FlowTimes from(const model::FlowTimeouts& timeouts, bool strict_tcp);
    [[nodiscard]] CoarseTime of(FlowState state) const { return idle[static_cast<std::size_t>(state)]; }

    auto operator<=>(const FlowTimes&) const = default;
};
static_assert(sizeof(FlowTimes) == 64);

// What a worker holds new flows to.
struct FlowQuota {
    std::uint32_t flows = 0;           // of all workers; 0: no limit
    std::uint32_t flows_a_source = 0;  // 0: no limit
    meter::RateLimit new_flows;
    meter::RateLimit new_flows_a_source;

    // New flows are divided among `shares` workers. The tenant's open flows are counted by all of them
    // together (FlowTable::Config::flows_of_all); a source's may all be one worker's, so its limits are not
    // divided.
    [[nodiscard]] static FlowQuota from(const model::FlowLimits& limits, std::uint32_t shares = 1);
    [[nodiscard]] bool by_source() const { return flows_a_source != 0 || new_flows_a_source.any(); }

    auto operator<=>(const FlowQuota&) const = default;
};

}  // namespace sluice::dataplane::flow
