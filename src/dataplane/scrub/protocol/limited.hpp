// What the judges of datagrams and of segments share: a source's limits, and what it has shown.
#pragma once

#include "dataplane/meter/rate_limit.hpp"
#include "dataplane/stage.hpp"

namespace sluice::dataplane::scrub::protocol {

// A number of things a second, whatever their size. Who goes on above it gets nothing through until he slows
// down.
[[nodiscard]] inline bool is_within(const Context& context, std::size_t i, const meter::RateLimit& limit,
                                    meter::RateState& state) {
    const std::uint32_t carry = (context.state.dither + static_cast<std::uint32_t>(i) * 0x9e3779b9U) >> 16U;
    if (limit.take(state, context.state.now_ticks, 0, carry)) return true;
    limit.owe(state, context.state.now_ticks, 0);
    return false;
}

// `source` as the verify stage found it; nullptr: it was not asked for.
[[nodiscard]] inline bool has_shown_address(const WorkerState& state, const Source* source) {
    return source != nullptr && source->has_shown(Proof::address, state.now_coarse);
}

}  // namespace sluice::dataplane::scrub::protocol
