// What the gateway says by itself of spliced connections: the SYN again, to a server that is silent
// (syn_repeats.hpp says when). The caller makes frames of the flows, lets the pipeline judge them as what
// came from the internet, and sends what becomes of them:
//
//     table.advance(now);                          // none of them expires meanwhile
//     take_silent(…); write_asking(…) each; run_pipeline(…); send; count_repeats(…)
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "dataplane/batch.hpp"
#include "dataplane/program.hpp"
#include "dataplane/worker_state.hpp"

namespace sluice::dataplane::splice {

// The flow's SYN has just been sent, for the `step`-th time, counted from 0.
void await_server(WorkerState& state, const flow::Flow& flow, std::size_t step);

using SilentFlows = std::array<const flow::Flow*, packet::max_burst>;
// Those whose turn it is and who still wait, of tenants that are still there; their number.
[[nodiscard]] std::size_t take_silent(const Program& program, WorkerState& state, SilentFlows& flows);

// Ethernet, IPv6 and TCP.
inline constexpr std::uint32_t longest_asking = 14 + 40 + 20;
// The ACK with which the flow's client would ask again. The frame has room for it.
void write_asking(const flow::Flow& flow, packet::Frame& frame);

// Instead of count_batch(): these packets came from nobody.
void count_repeats(WorkerState& state, const Batch& batch);

}  // namespace sluice::dataplane::splice
