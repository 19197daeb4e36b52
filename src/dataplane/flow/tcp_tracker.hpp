// What a packet does to its flow: the TCP connection's state and windows, the counters, the time of expiry.
//
//   SYN ▶ syn_sent ◀ SYN-ACK ▶ syn_received ▶ ACK ▶ established ▶ FIN ▶ half_closed ▶ FIN ▶ closing ▶ ACKs ▶
//   time_wait; a RST exactly in window from any of them ▶ closed; a SYN in time_wait or closed begins again
//
// Windows are checked after van Rooij ("Real Stateful TCP Packet Filtering in IP Filter", 2001), which is RFC
// 9293 section 3.10.7.4 as one can apply it between the two ends: a segment may carry no data beyond what its
// receiver has ever allowed, none older than a window, and no acknowledgement of what was never sent or of
// what lies more than a window back.
//
// Where the ends settle something among themselves, the segment passes and the flow stays as it is: a RST
// that is in window but not exact, and a SYN in an open connection, make the receiver send a challenge ACK
// (RFC 5961 sections 3 and 4); that ACK, as the answer to a SYN, makes a client send the RST that ends the
// half-forgotten connection.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "dataplane/flow/flow.hpp"
#include "dataplane/flow/flow_policy.hpp"
#include "dataplane/flow/packet_tuple.hpp"
#include "model/verdict.hpp"
#include "net/protocol.hpp"
#include "packet/frame.hpp"
#include "packet/key.hpp"

namespace sluice::dataplane::flow {

enum class Step : std::uint8_t {
    pass,
    renew,      // a SYN against the direction of a flow that is over, or a query against that of another: end
                // it, and judge the packet as a new one
    bad_state,  // drop
    bad_window,  // drop
    // Of spliced connections; the packet passes as another one.
    ask_again,    // the originator waits: the SYN goes to the other end once more
    joined,       // the other end has answered: it and the originator get an ACK
    acknowledge,  // and has not heard it: it gets the ACK again
};
[[nodiscard]] constexpr model::DropReason reason_of(Step step) {
    return step == Step::bad_state    ? model::DropReason::tcp_state
           : step == Step::bad_window ? model::DropReason::tcp_window
                                      : model::DropReason::none;
}

// A TCP segment's numbers, in host order.
struct Segment {
    std::uint32_t sequence = 0;
    std::uint32_t end = 0;  // one past its last, with SYN and FIN
    std::uint32_t acknowledged = 0;
    std::uint16_t window = 0;
    std::uint8_t flags = 0;
    std::uint8_t header = 0;  // bytes
    const std::uint8_t* at = nullptr;
};

// Whether a packet that belongs to no flow may begin one. `none`: it may, if rules allow it.
[[nodiscard]] inline model::DropReason check_first(const packet::Key& key, bool strict_tcp) {
    namespace flag = net::tcp_flag;
    if (key.protocol != static_cast<std::uint8_t>(net::IpProtocol::tcp)) {
        return strict_tcp && is_icmp_reply(key) ? model::DropReason::icmp_unrelated : model::DropReason::none;
    }
    const unsigned kind = key.tcp_flags & (flag::syn | flag::ack | flag::rst | flag::fin);
    const bool good = kind == flag::syn ||
                      (!strict_tcp && (kind & flag::ack) != 0 && (kind & (flag::rst | flag::syn)) == 0);
    constexpr unsigned whole = packet::key_transport | packet::key_bad_transport;
    return good && (key.flags & whole) == packet::key_transport ? model::DropReason::none
                                                                : model::DropReason::tcp_state;
}

namespace detail {

[[nodiscard]] inline std::uint32_t load32(const std::uint8_t* at) {
    std::uint32_t word = 0;
    std::memcpy(&word, at, 4);
    return __builtin_bswap32(word);
}
[[nodiscard]] inline std::uint32_t window_of(const TcpSide& side) {
    return static_cast<std::uint32_t>(side.max_window) << side.scale;
}
[[nodiscard]] constexpr bool before(std::uint32_t a, std::uint32_t b) {
    return static_cast<std::int32_t>(a - b) < 0;
}
// The acknowledgement of a retransmission may be this old (van Rooij; a window without scaling, and some).
inline constexpr std::uint32_t ack_slack = 66'000;

[[nodiscard]] inline bool within_windows(const TcpSide& sender, const TcpSide& receiver,
                                         std::uint32_t sequence, std::uint32_t end,
                                         std::uint32_t acknowledged) {
    const std::uint32_t back = std::max<std::uint32_t>(1, window_of(receiver));
    const std::uint32_t ack_back = std::max(ack_slack, window_of(sender));
    // Each difference is negative when its condition fails.
    const std::uint32_t wrong = (sender.max_end - end) | (sequence - (sender.end - back)) |
                                (receiver.end - acknowledged) | (acknowledged - (receiver.end - ack_back));
    return static_cast<std::int32_t>(wrong) >= 0;
}
inline void note_segment(TcpSide& sender, TcpSide& receiver, std::uint32_t end, std::uint32_t acknowledged,
                         std::uint16_t window) {
    if (before(sender.end, end)) sender.end = end;
    if (before(receiver.acked, acknowledged)) receiver.acked = acknowledged;
    sender.max_window = std::max(sender.max_window, window);
    const std::uint32_t allowed =
        acknowledged + std::max<std::uint32_t>(1, static_cast<std::uint32_t>(window) << sender.scale);
    if (before(receiver.max_end, allowed)) receiver.max_end = allowed;
}

// The numbers of a TCP segment whose fixed header is there.
[[nodiscard]] inline Segment read_segment(const packet::Key& key, const packet::Frame& frame) {
    Segment segment;
    segment.at = frame.data + key.l4_offset;
    segment.flags = key.tcp_flags;
    segment.header = static_cast<std::uint8_t>((segment.at[12] >> 4U) * 4U);
    segment.sequence = load32(segment.at + 4);
    segment.acknowledged = load32(segment.at + 8);
    std::uint16_t window = 0;
    std::memcpy(&window, segment.at + 14, 2);
    segment.window = __builtin_bswap16(window);
    segment.end = segment.sequence + key.l4_length() - segment.header;
    return segment;
}
inline void count(Flow& flow, std::size_t side, const packet::Key& key) {
    ++flow.packets[side];
    flow.bytes[side] += key.l3_length;
}

// A segment with ACK alone of an open connection. False: it is not within the windows, and nothing was
// changed. A function of its own: inlined into the passes it needs more registers than there are.
[[nodiscard]] bool track_open(TcpSide& sender, TcpSide& receiver, const packet::Key& key,
                              const packet::Frame& frame);

// Judges the packets that track_plain() leaves.
[[nodiscard]] Step track_rare(Flow& flow, Direction direction, const packet::Key& key,
                              const packet::Frame& frame, const FlowTimes& times, CoarseTime now);

}  // namespace detail

// Notes what nearly every packet of an open flow is: of TCP a segment within the windows with ACK and no
// other of the flags that change a state; of UDP any. False for all else: nothing was changed. The key is the
// frame's, its transport header whole. `now` is the table's clock.
[[nodiscard]] inline bool track_plain(Flow& flow, Direction direction, const packet::Key& key,
                                      const packet::Frame& frame, const FlowTimes& times, CoarseTime now) {
    namespace flag = net::tcp_flag;
    const std::size_t side = index(direction);
    if (key.protocol == static_cast<std::uint8_t>(net::IpProtocol::tcp)) {
        constexpr unsigned kind = flag::syn | flag::ack | flag::rst | flag::fin;
        if (flow.state != FlowState::tcp_established || (key.tcp_flags & kind) != flag::ack ||
            (flow.flags & (flow_liberal | flow_spliced)) != 0)
            return false;
        if (!detail::track_open(flow.tcp[side], flow.tcp[side ^ 1U], key, frame)) return false;
    } else if (key.protocol == static_cast<std::uint8_t>(net::IpProtocol::udp)) {
        if (direction == Direction::reply && flow.state == FlowState::udp_single)
            flow.state = FlowState::udp_assured;
    } else {
        return false;
    }
    detail::count(flow, side, key);
    flow.expires = now + times.of(flow.state);
    return true;
}

// Judges a packet of the flow, first or later, and notes it. Not for later fragments (track_piece) nor for
// ICMP errors. A dropped packet changes nothing.
[[nodiscard]] inline Step track(Flow& flow, Direction direction, const packet::Key& key,
                                const packet::Frame& frame, const FlowTimes& times, CoarseTime now) {
    constexpr unsigned whole = packet::key_transport | packet::key_bad_transport | packet::key_fragment;
    if ((key.flags & whole) == packet::key_transport && track_plain(flow, direction, key, frame, times, now))
        [[likely]]
        return Step::pass;
    return detail::track_rare(flow, direction, key, frame, times, now);
}

// A later fragment of a packet of the flow; `data_begins` is what the FragmentTable kept of its first one.
inline void track_piece(Flow& flow, Direction direction, const packet::Key& key, std::uint32_t data_begins,
                        const FlowTimes& times, CoarseTime now) {
    const std::size_t side = index(direction);
    if (key.protocol == static_cast<std::uint8_t>(net::IpProtocol::tcp)) {
        // The rest of the segment has been sent, too, as far as it may be.
        TcpSide& sender = flow.tcp[side];
        const std::uint32_t end = data_begins + key.fragment_offset + key.l4_length();
        if (detail::before(sender.end, end) && !detail::before(sender.max_end, end)) sender.end = end;
    }
    detail::count(flow, side, key);
    flow.expires = now + times.of(flow.state);
}

}  // namespace sluice::dataplane::flow
