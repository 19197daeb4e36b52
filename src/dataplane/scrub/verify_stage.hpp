// Senders must show that they are real before a packet of theirs reaches the target: those of SYNs (at level
// `all`: of any segment), of DNS queries, of datagrams, as the target's profile says. Nothing is remembered
// of a TCP sender before he has shown himself, where the method allows it. Where the target's own answers do
// not pass the gateway, the client connects again (where they do: splice/splicer.hpp):
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
// milliseconds on Linux since 5.6, one second elsewhere).
//
// A DNS query over UDP is answered as truncated (scrub/truncated_answer.hpp): the client asks again over TCP,
// and shows itself as above; from then on its datagrams pass, too. A source gets at most
// `truncated_answers_per_s` of them (and 32 at once) from each target, so that nobody is flooded with answers
// to queries that were sent in his name.
//
// By `first_drop` the first packet of a source is dropped and the next one of its kind passes, when it comes
// after the time below and before `last_repetition_ms`: a forged source sends but one. It costs an entry in
// the table of sources for each forged address; when that is full of first packets younger than their
// repetition, new ones are dropped unremembered.
//
// What one kind has shown counts for others as Proof says (source.hpp). docs/decisions/source-verification.md
// weighs the alternatives.
#pragma once

#include "dataplane/stage.hpp"
#include "net/protocol.hpp"

namespace sluice::dataplane::scrub {

// A SYN is sent again after a second (RFC 6298 section 2), and after three, and seven; resolvers ask again
// after some hundred milliseconds to seconds; others send when they have something to send.
inline constexpr std::uint32_t syn_repetition_ms = 200;
inline constexpr std::uint32_t dns_repetition_ms = 100;
inline constexpr std::uint32_t udp_repetition_ms = 50;
inline constexpr std::uint32_t last_syn_repetition_ms = 8'000;
inline constexpr std::uint32_t last_repetition_ms = 10'000;
inline constexpr std::uint32_t truncated_answers_per_s = 10;

// What the packet of a source that has not shown enough deserves: to pass (true), a drop, an answer, or, when
// it is the proof, an entry. `source` may be nullptr. The context by value: see run_stages.
[[nodiscard]] bool judge_unverified(Context context, std::size_t i, Source* source);

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
    return (profile.verified_protocols >> static_cast<unsigned>(class_of(key.protocol)) & 1U) != 0;
}

// A query, or what an attacker sends in its place. A later fragment has no port.
[[nodiscard]] inline bool is_dns(const packet::Key& key) {
    return key.destination_port == 53;
}

// Of packets that are verified.
[[nodiscard]] inline Proof needed_proof(const Profile& profile, const packet::Key& key) {
    const bool udp = key.protocol == static_cast<std::uint8_t>(net::IpProtocol::udp);
    return profile.needed[static_cast<unsigned>(udp) + static_cast<unsigned>(udp && is_dns(key))];
}

// What judge_unverified() says of a segment that is neither SYN nor RST, where nothing passes unverified: of
// a flood of such nearly all packets end here.
[[nodiscard]] inline bool is_hopeless(const Profile& profile, const packet::Key& key) {
    return profile.verify_tcp == model::TcpVerification::all &&
           key.protocol == static_cast<std::uint8_t>(net::IpProtocol::tcp) &&
           (key.tcp_flags & (net::tcp_flag::syn | net::tcp_flag::rst)) == 0 && !profile.splices;
}

struct VerifyStage {
    static constexpr model::Stage stage = model::Stage::verify;

    static bool keep(const Context& context, std::size_t i) {
        Batch& batch = context.batch;
        const Profile& profile = *batch.profiles[i];
        const packet::Key& key = batch.keys[i];
        if (!is_verified(profile, key)) return true;
        WorkerState& state = context.state;
        Source* source =
            (batch.unknown >> i & 1U) != 0 ? nullptr : state.sources.find(batch.source_hashes[i]);
        if (source == nullptr || !source->has_shown(needed_proof(profile, key), state.now_coarse)) {
            if (is_hopeless(profile, key)) return context.drop(i, model::DropReason::not_verified);
            if (!profile.answer_syns || !is_syn(key)) return judge_unverified(context, i, source);
            batch.verdicts[i] = model::Verdict::answer;
            __builtin_prefetch(&state.counts.targets[batch.targets[i]->slot], 1);
            return false;
        }
        source->renew(state.now_coarse + profile.verified_for);
        touch(*source, state.now_coarse);
        batch.sources[i] = source;
        batch.verified |= 1U << i;
        return true;
    }
};

}  // namespace sluice::dataplane::scrub
