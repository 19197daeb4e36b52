// One TCP segment towards a target that watches connections, which the gateway sees in one direction only:
//
//   SYN                          the connection is remembered, its first byte's sequence number is known
//   ACK of that number           the handshake is done; the request has 20 seconds
//   pieces of the request        read in order, as they come; a piece ahead of the next one is dropped and
//   comes again body that was announced      500 bytes a second at least, looked at every 20 seconds (as
//   Apache's mod_reqtimeout) anything after it            not looked at
//
// A connection that breaks a rule ends: its segment becomes a reset towards the target, which frees the
// place, and what comes after it is dropped. Its source is charged, if it has shown its address; see
// conduct.hpp.
#pragma once

#include "dataplane/scrub/protocol/conduct.hpp"
#include "dataplane/scrub/protocol/connection_table.hpp"
#include "dataplane/scrub/protocol/rules.hpp"
#include "dataplane/stage.hpp"

namespace sluice::dataplane::scrub::protocol {

inline constexpr std::uint32_t request_within_s = 20;
inline constexpr std::uint32_t least_body_bytes = 500 * request_within_s;  // in that time

// The key by which a connection is found.
[[nodiscard]] std::uint64_t connection_hash(const WorkerState& state, std::uint32_t serial,
                                            const packet::Key& key);

// True when the segment goes on.
[[nodiscard]] bool judge_segment(const Context& context, std::size_t i, const Rules& rules, Kind kind);

// Connections that have sent nothing for too long: charges their sources, forgets those that are over.
void sweep_connections(WorkerState& state);

}  // namespace sluice::dataplane::scrub::protocol
