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

// For all SYNs, several at a time, while the lines of their sources are on the way: in a flood nearly all are
// of unknown ones.
void make_cookies(const Context& context);
// Writes the answers of those that VerifyStage wants answered.
void answer_syns(const Context& context);

// A SYN and nothing else, that an answer can be made for.
[[nodiscard]] inline bool is_syn(const packet::Key& key) {
    constexpr unsigned kind =
        net::tcp_flag::syn | net::tcp_flag::ack | net::tcp_flag::rst | net::tcp_flag::fin;
    constexpr unsigned whole = packet::key_transport | packet::key_fragment;
    return (key.tcp_flags & kind) == net::tcp_flag::syn && (key.flags & whole) == packet::key_transport;
}

[[nodiscard]] inline bool is_verified(const Profile& profile, const packet::Key& key) {
    return profile.verify_tcp != model::TcpVerification::off &&
           key.protocol == static_cast<std::uint8_t>(net::IpProtocol::tcp);
}

struct VerifyStage {
    static bool keep(const Context& context, std::size_t i) {
        Batch& batch = context.batch;
        const Profile& profile = *batch.profiles[i];
        if (!is_verified(profile, batch.keys[i])) return true;
        WorkerState& state = context.state;
        Source* source = state.sources.find(batch.source_hashes[i]);
        if (source == nullptr || !source->precious(state.now_coarse)) {
            if (!is_syn(batch.keys[i])) return judge_unverified(context, i);
            batch.verdicts[i] = model::Verdict::answer;
            __builtin_prefetch(&state.counts.targets[batch.targets[i]->slot], 1);
            return false;
        }
        // The proof lives on as long as it is used: a connection may outlast any fixed time.
        source->verified_until = state.now_coarse + profile.verified_for;
        touch(*source, state.now_coarse);
        batch.sources[i] = source;
        return true;
    }
};

}  // namespace sluice::dataplane::scrub
