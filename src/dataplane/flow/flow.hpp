// One flow: two cache lines.
//
//   line 0, who and where to    tuple 40 · state · flags · users 2 · egress 4 · generation 4 · rule 4 ·
//                               expires 4 · translated ports 4
//   line 1, what passed         TCP windows 2 × 16 · translated addresses 2 × 4 · counters 24
//
// Plain values; the owner is the FlowTable, which alone makes and ends flows.
#pragma once

#include <array>
#include <cstdint>

#include "dataplane/coarse_time.hpp"
#include "dataplane/flow/tuple.hpp"

namespace sluice::dataplane::flow {

enum class FlowState : std::uint8_t {
    free,              // no flow
    tcp_syn_sent,      // the originator's SYN
    tcp_syn_received,  // and the answer's
    tcp_picked_up,     // first seen in mid-stream, from one side (only without strict TCP)
    tcp_established,
    tcp_half_closed,  // one FIN
    tcp_closing,      // both
    tcp_time_wait,    // both, acknowledged
    tcp_closed,       // a RST exactly in window
    udp_single,       // no answer yet
    udp_assured,
    icmp_single,
    icmp_assured,
    other_single,
    other_assured,
    count_
};

enum FlowFlag : std::uint8_t {
    flow_translated = 0x01,   // found by two tuples: the original one and that of the answers
    flow_verified = 0x02,     // the originator has shown that its address is real
    flow_at_source = 0x04,    // counted at its source (flow limits a source)
    flow_liberal = 0x08,      // windows are not checked: picked up, or not strict
    flow_translated6 = 0x10,  // IPv6, or spliced: translated addresses lie in the table's side pool
    flow_log = 0x20,          // free for the caller: the rule wants a log
    flow_spliced = 0x40,      // the originator's numbers of the other end are not its own (splice/)
    flow_queued = 0x80,       // the table's: its number stands in the queue of victims
};

// One end of a TCP connection as its segments show it (Guido van Rooij, "Real Stateful TCP Packet Filtering
// in IP Filter", 2001).
enum TcpSideFlag : std::uint8_t {
    side_seen = 0x01,   // the numbers are valid
    side_scale = 0x02,  // its SYN offered window scaling (RFC 7323)
    side_fin = 0x04,
    side_reset = 0x08,
    side_resync = 0x10,  // it sent a SYN into the open connection
};
struct TcpSide {
    std::uint32_t end = 0;         // one past the highest sequence number sent
    std::uint32_t max_end = 0;     // how far the other end has ever allowed it to send
    std::uint32_t acked = 0;       // how much of it the other end has acknowledged
    std::uint16_t max_window = 0;  // the largest that it has announced, before scaling
    std::uint8_t scale = 0;
    std::uint8_t flags = 0;  // TcpSideFlag
};
static_assert(sizeof(TcpSide) == 16);

struct alignas(64) Flow {
    Tuple tuple;  // as the originator sends it
    FlowState state = FlowState::free;
    std::uint8_t flags = 0;                 // FlowFlag
    std::uint16_t users = 0;                // which log-ins it was judged under (firewall/user_table.hpp)
    std::array<std::uint16_t, 2> egress{};  // by direction: the caller's index of the way out
    std::uint32_t generation = 0;           // of the policy that it was judged under
    std::uint32_t rule = 0;                 // that allowed it
    CoarseTime expires = 0;                 // on the table's clock
    std::uint16_t translated_source_port = 0;
    std::uint16_t translated_destination_port = 0;

    std::array<TcpSide, 2> tcp{};         // by direction
    std::uint32_t translated_source = 0;  // IPv4 as on the wire; with flow_translated6 an index
    // IPv4 as on the wire. With flow_spliced: the cookie, until the other end has answered; from then on how
    // far its numbers, as the originator knows them, are ahead of what they are.
    std::uint32_t translated_destination = 0;
    std::array<std::uint64_t, 2> bytes{};    // by direction, of layer 3
    std::array<std::uint32_t, 2> packets{};  // by direction; wraps

    [[nodiscard]] bool has(FlowFlag flag) const { return (flags & flag) != 0; }
    [[nodiscard]] std::uint32_t splice() const { return translated_destination; }
    // The originator has given back its cookie, and the other end has not answered yet.
    [[nodiscard]] bool is_splicing() const { return state == FlowState::tcp_syn_sent && has(flow_spliced); }
};
static_assert(sizeof(Flow) == 128);

// May make room for another: over, or nothing has shown that anybody real is behind it.
enum class Eviction : std::uint8_t { over, unproved, keep };
[[nodiscard]] constexpr Eviction eviction_of(FlowState state, std::uint8_t flags) {
    switch (state) {
        case FlowState::tcp_time_wait:
        case FlowState::tcp_closed:
            return Eviction::over;
        case FlowState::tcp_syn_sent:
            // The server may be silent for ever, and the sender can prove himself again.
            if ((flags & flow_spliced) != 0) return Eviction::unproved;
            [[fallthrough]];
        case FlowState::tcp_syn_received:
        case FlowState::tcp_picked_up:
        case FlowState::udp_single:
        case FlowState::icmp_single:
        case FlowState::other_single:
            return (flags & flow_verified) != 0 ? Eviction::keep : Eviction::unproved;
        default:
            return Eviction::keep;
    }
}

}  // namespace sluice::dataplane::flow
