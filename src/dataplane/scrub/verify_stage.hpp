// TCP senders must show that their address is real before anything is remembered of them and before a segment
// of theirs reaches the target. The target's own answers do not pass the gateway, so no connection is
// spliced:
//
//   client                       gateway                      target
//     │ SYN seq=x                   │                            │
//     ├────────────────────────────▶│                            │
//     │        ACK ack=cookie (≠ x+1)                            │
//     │◀────────────────────────────┤                            │
//     │ RST seq=cookie              │  the source is verified;   │
//     ├────────────────────────────▶│  the RST ends here         │
//     │ SYN seq=x  (retransmitted)  │                            │
//     ├────────────────────────────▶├───────────────────────────▶│
//     │◀─────────────────────────────────────────────────────────┤ SYN-ACK, and so on, past the gateway
//
// A client in SYN-SENT answers an unacceptable ACK with <SEQ=SEG.ACK><CTL=RST> and stays in SYN-SENT (RFC
// 9293 section 3.10.7.3); its application notices nothing but the time until the SYN is sent again (some
// milliseconds on Linux since 5.6, one second elsewhere). docs/decisions/source-verification.md weighs the
// alternatives.
#pragma once

#include "dataplane/batch.hpp"
#include "dataplane/program.hpp"
#include "dataplane/worker_state.hpp"

namespace sluice::dataplane::scrub {

void run_verify_stage(const Program& program, WorkerState& state, Batch& batch);

// Turns a TCP packet into the bare ACK above, in place: Ethernet addresses exchanged (VLAN tags stay), IP and
// TCP headers without options. The frame must be `packet::min_room` bytes or more.
void answer_syn(const packet::Key& key, std::uint32_t cookie, packet::Frame& frame);

}  // namespace sluice::dataplane::scrub
