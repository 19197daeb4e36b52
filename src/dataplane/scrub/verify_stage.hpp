// TCP senders must show that their address is real before anything is remembered of them and before a SYN of
// theirs (at level `all`: any segment) reaches the target. The target's own answers do not pass the gateway,
// so no connection is spliced:
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

#include "dataplane/stage.hpp"
#include "net/protocol.hpp"

namespace sluice::dataplane::scrub {

// What the segment of a source without a proof deserves: to pass (true), a drop, or, when it is the proof, an
// entry.
[[nodiscard]] bool judge_unverified(Context context, std::size_t i);  // by value: see run_stages

// Turns a TCP packet into the bare ACK above, in place: Ethernet addresses exchanged (VLAN tags stay), IP and
// TCP headers without options. The frame has room for `packet::min_room` bytes.
void answer_syn(const packet::Key& key, std::uint32_t cookie, packet::Frame& frame);

// Answers the SYNs that VerifyStage found, four at a time.
void answer_syns(const Context& context);

struct VerifyStage {
    static bool keep(const Context& context, std::size_t i) {
        Batch& batch = context.batch;
        const Profile& profile = *batch.profiles[i];
        if (profile.verify_tcp == model::TcpVerification::off ||
            batch.keys[i].protocol != static_cast<std::uint8_t>(net::IpProtocol::tcp)) {
            return true;
        }
        WorkerState& state = context.state;
        Source* source = state.sources.find(batch.source_hashes[i]);
        if (source == nullptr || !source->precious(state.now_coarse)) {
            const packet::Key& key = batch.keys[i];
            constexpr unsigned kind =
                net::tcp_flag::syn | net::tcp_flag::ack | net::tcp_flag::rst | net::tcp_flag::fin;
            constexpr unsigned whole = packet::key_transport | packet::key_fragment;
            if ((key.tcp_flags & kind) == net::tcp_flag::syn &&
                (key.flags & whole) == packet::key_transport) {
                batch.syns[key.has(packet::key_ipv6) ? 1 : 0].add(i);
                return false;
            }
            return judge_unverified(context, i);
        }
        // The proof lives on as long as it is used: a connection may outlast any fixed time.
        source->verified_until = state.now_coarse + profile.verified_for;
        touch(*source, state.now_coarse);
        batch.sources[i] = source;
        return true;
    }
};

}  // namespace sluice::dataplane::scrub
