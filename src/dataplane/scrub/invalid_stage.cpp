#include "dataplane/scrub/invalid_stage.hpp"

#include "net/protocol.hpp"

namespace sluice::dataplane::scrub {
namespace {

using model::DropReason;
namespace flag = net::tcp_flag;

constexpr auto tcp = static_cast<std::uint8_t>(net::IpProtocol::tcp);
constexpr auto udp = static_cast<std::uint8_t>(net::IpProtocol::udp);

// RFC 9293 section 3.5 and 3.10: every segment but a SYN or an RST has ACK; SYN, FIN and RST exclude each
// other.
constexpr bool flags_possible(unsigned flags) {
    const bool syn = (flags & flag::syn) != 0;
    const bool fin = (flags & flag::fin) != 0;
    const bool rst = (flags & flag::rst) != 0;
    const bool ack = (flags & flag::ack) != 0;
    if (syn + fin + rst > 1) return false;
    if (!ack && !syn && !rst) return false;
    return ack || (flags & (flag::psh | flag::urg)) == 0 || syn;
}

// Bit f: the six classic flags f may come together. ECE and CWR go with anything (RFC 3168, RFC 9768).
constexpr std::uint64_t possible_flags = [] {
    std::uint64_t bits = 0;
    for (unsigned flags = 0; flags < 64; ++flags)
        bits |= static_cast<std::uint64_t>(flags_possible(flags)) << flags;
    return bits;
}();

bool bad_fragment(const packet::Key& key) {
    if (key.has(packet::key_tiny_fragment)) return true;  // RFC 1858 section 3
    const std::uint32_t payload = key.l4_length();
    // Pieces but the last are multiples of eight; none is empty; together they fit a packet (RFC 791, RFC
    // 8200).
    if (key.has(packet::key_more_fragments) && payload % 8 != 0) return true;
    if (payload == 0 || key.fragment_offset + payload > 65535) return true;
    // A second piece that would overwrite the TCP header (RFC 3128).
    return key.protocol == tcp && key.has(packet::key_later_fragment) && key.fragment_offset < 20;
}

}  // namespace

DropReason find_invalid(const packet::Key& key, const Bogons& bogons) {
    if (key.source == key.destination) return DropReason::land;
    if (bogons.contains(key.source)) return DropReason::bogon_source;
    if (key.has(packet::key_fragment) && bad_fragment(key)) return DropReason::bad_fragment;
    if (key.has(packet::key_bad_transport)) return DropReason::bad_transport_header;
    if (!key.has(packet::key_transport)) return DropReason::none;
    if (key.protocol == tcp) {
        if ((possible_flags >> (key.tcp_flags & 0x3fU) & 1U) == 0) return DropReason::bad_tcp_flags;
    } else if (key.protocol != udp) {
        return DropReason::none;
    }
    return key.source_port == 0 || key.destination_port == 0 ? DropReason::zero_port : DropReason::none;
}

void run_invalid_stage(const Program& program, const Bogons& bogons, Batch& batch) {
    batch.filter_live([&](std::size_t i) {
        if (!program.profiles[batch.targets[i]->profile].drop_invalid) return true;
        const DropReason reason = find_invalid(batch.keys[i], bogons);
        if (reason == DropReason::none) return true;
        batch.drop(i, reason);
        return false;
    });
}

}  // namespace sluice::dataplane::scrub
