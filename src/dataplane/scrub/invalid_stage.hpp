// Packets that no honest host sends: LAND, sources that can not exist, impossible flags, lengths, fragments,
// ports. Needs no state.
#pragma once

#include <cstring>

#include "dataplane/stage.hpp"
#include "net/protocol.hpp"

namespace sluice::dataplane::scrub {

// RFC 9293 sections 3.5 and 3.10: every segment but a SYN or an RST has ACK; SYN, FIN and RST exclude each
// other.
constexpr bool flags_possible(unsigned flags) {
    namespace flag = net::tcp_flag;
    const bool syn = (flags & flag::syn) != 0;
    const bool fin = (flags & flag::fin) != 0;
    const bool rst = (flags & flag::rst) != 0;
    const bool ack = (flags & flag::ack) != 0;
    if (syn + fin + rst > 1) return false;
    if (!ack && !syn && !rst) return false;
    return ack || (flags & (flag::psh | flag::urg)) == 0 || syn;
}

// Bit f: the six classic flags f may come together. ECE and CWR go with anything (RFC 3168, RFC 9768).
inline constexpr std::uint64_t possible_flags = [] {
    std::uint64_t bits = 0;
    for (unsigned flags = 0; flags < 64; ++flags)
        bits |= static_cast<std::uint64_t>(flags_possible(flags)) << flags;
    return bits;
}();

inline bool same(const net::Address& a, const net::Address& b) {
    std::uint64_t words[4];
    std::memcpy(words, a.bytes().data(), 16);
    std::memcpy(words + 2, b.bytes().data(), 16);
    return ((words[0] ^ words[2]) | (words[1] ^ words[3])) == 0;
}

[[nodiscard]] bool is_bad_fragment(const packet::Key& key);

// The first check that the packet fails; none for a valid one.
[[nodiscard]] inline model::DropReason find_invalid(const packet::Key& key, const Bogons& bogons) {
    using model::DropReason;
    constexpr auto tcp = static_cast<std::uint8_t>(net::IpProtocol::tcp);
    constexpr auto udp = static_cast<std::uint8_t>(net::IpProtocol::udp);
    if (same(key.source, key.destination)) return DropReason::land;
    if (bogons.contains(key.source, key.has(packet::key_ipv6))) return DropReason::bogon_source;
    if (key.has(packet::key_fragment) && is_bad_fragment(key)) return DropReason::bad_fragment;
    if (key.has(packet::key_bad_transport)) return DropReason::bad_transport_header;
    if (!key.has(packet::key_transport)) return DropReason::none;
    if (key.protocol == tcp) {
        if ((possible_flags >> (key.tcp_flags & 0x3fU) & 1U) == 0) return DropReason::bad_tcp_flags;
    } else if (key.protocol != udp) {
        return DropReason::none;
    }
    return key.source_port == 0 || key.destination_port == 0 ? DropReason::zero_port : DropReason::none;
}

// For targets whose profile asks for it.
struct InvalidStage {
    static constexpr model::Stage stage = model::Stage::invalid;

    static bool keep(const Context& context, std::size_t i) {
        if (!context.batch.profiles[i]->drop_invalid) return true;
        const model::DropReason reason = find_invalid(context.batch.keys[i], context.bogons);
        return reason == model::DropReason::none || context.drop(i, reason);
    }
};

}  // namespace sluice::dataplane::scrub
