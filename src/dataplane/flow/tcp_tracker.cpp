// TCP's options (RFC 9293 section 3.1), after the fixed header of 20 bytes:
//
//   | kind 0: the end | kind 1: padding | kind, length (of all its bytes), value … |
//   window scaling (RFC 7323 section 2.2): | 3 | 3 | shift |, in SYN segments only
#include "dataplane/flow/tcp_tracker.hpp"

namespace sluice::dataplane::flow::detail {
namespace {

namespace flag = net::tcp_flag;
using enum FlowState;

constexpr std::uint8_t most_scale = 14;  // RFC 7323 section 2.3
constexpr std::size_t fixed_header = 20;

// The shift that a SYN offers, or -1.
int offered_scale(const Segment& segment) {
    for (std::size_t i = fixed_header; i < segment.header;) {
        const std::uint8_t kind = segment.at[i];
        if (kind == 0) break;
        if (kind == 1) {
            ++i;
            continue;
        }
        if (i + 1 >= segment.header) break;
        const std::size_t length = segment.at[i + 1];
        if (length < 2 || i + length > segment.header) break;
        if (kind == 3 && length == 3) return std::min(segment.at[i + 2], most_scale);
        i += length;
    }
    return -1;
}

void begin_side(TcpSide& side, const Segment& segment) {
    side = {};
    side.end = segment.end;
    side.max_end = segment.end;
    side.acked = segment.sequence;
    side.max_window = std::max<std::uint16_t>(1, segment.window);
    side.flags = side_seen;
    if (const int scale = offered_scale(segment); scale >= 0) {
        side.scale = static_cast<std::uint8_t>(scale);
        side.flags |= side_scale;
    }
}

// Of a window in a SYN, which is not scaled itself.
void scale_window(TcpSide& side, bool in_force) {
    if (!in_force) side.scale = 0;
    const std::uint32_t unit = 1U << side.scale;
    side.max_window = static_cast<std::uint16_t>((side.max_window + unit - 1) >> side.scale);
}
// Both ends' SYNs are there. Scaling is in force when both offered it; each may send what the other
// announced.
void meet(TcpSide& first, TcpSide& second) {
    const std::uint32_t first_window = first.max_window;
    const std::uint32_t second_window = second.max_window;
    const bool in_force = (first.flags & second.flags & side_scale) != 0;
    scale_window(first, in_force);
    scale_window(second, in_force);
    first.max_end = first.end + second_window;
    second.max_end = second.end + first_window;
}

void restart(Flow& flow, const Segment& segment) {
    flow.state = tcp_syn_sent;
    flow.flags &= static_cast<std::uint8_t>(~(flow_verified | flow_liberal | flow_spliced));
    begin_side(flow.tcp[0], segment);
    flow.tcp[1] = {};
}

Step on_reset(Flow& flow, Direction direction, const Segment& segment, bool& touch) {
    TcpSide& sender = flow.tcp[index(direction)];
    const TcpSide& receiver = flow.tcp[index(opposite(direction))];
    touch = false;
    const auto close = [&] {
        if (flow.state != tcp_time_wait && flow.state != tcp_closed) {
            flow.state = tcp_closed;
            sender.flags |= side_reset;
            touch = true;
        }
        return Step::pass;
    };
    if (flow.state == tcp_syn_sent) {
        // The originator's RST is about something older that its SYN has met.
        if (direction == Direction::original) return Step::pass;
        const bool answers = (segment.flags & flag::ack) != 0 &&
                             before(receiver.acked, segment.acknowledged) &&
                             !before(receiver.end, segment.acknowledged);
        return answers ? close() : Step::bad_window;
    }
    if (flow.has(flow_liberal)) return close();
    if (segment.sequence == sender.end || segment.sequence == sender.acked) return close();
    const std::uint32_t back = std::max<std::uint32_t>(1, window_of(receiver));
    const bool in_window =
        !before(segment.sequence, sender.end - back) && !before(sender.max_end, segment.sequence);
    return in_window ? Step::pass : Step::bad_window;
}

// SYN and ACK.
Step on_syn_ack(Flow& flow, Direction direction, const Segment& segment, bool& touch) {
    TcpSide& sender = flow.tcp[index(direction)];
    TcpSide& receiver = flow.tcp[index(opposite(direction))];
    const bool answers =
        before(receiver.acked, segment.acknowledged) && !before(receiver.end, segment.acknowledged);
    if (direction == Direction::reply && (flow.state == tcp_syn_sent || flow.state == tcp_syn_received)) {
        if (flow.state == tcp_syn_received && segment.end == sender.end) return Step::pass;  // once more
        if (!answers) return Step::bad_window;
        const bool again = flow.state == tcp_syn_received;
        begin_side(sender, segment);
        // Another number than before, from a stateless answerer: what the SYN announced is not known any
        // more.
        if (again) receiver.max_window = 0xffff;
        meet(receiver, sender);
        receiver.acked = segment.acknowledged;
        receiver.max_end = segment.acknowledged + std::max<std::uint32_t>(1, segment.window);
        flow.state = tcp_syn_received;
        return Step::pass;
    }
    if (flow.state == tcp_syn_sent) return Step::bad_state;
    if (direction == Direction::reply && (receiver.flags & side_resync) != 0) {
        // The answer to a SYN that an end which had forgotten the connection has sent. Its numbers are not
        // known well enough to check windows.
        flow.state = tcp_syn_received;
        flow.flags |= flow_liberal;
        flow.flags &= static_cast<std::uint8_t>(~flow_spliced);  // both begin anew, with each other
        begin_side(sender, segment);
        receiver = {};
        receiver.flags = side_seen;
        receiver.acked = segment.acknowledged - 1;
        receiver.end = receiver.max_end = segment.acknowledged;
        return Step::pass;
    }
    if (flow.has(flow_liberal)) return Step::pass;
    touch = false;
    return within_windows(sender, receiver, segment.sequence, segment.end, segment.acknowledged)
               ? Step::pass
               : Step::bad_window;
}

Step on_syn(Flow& flow, Direction direction, const Segment& segment, bool& touch) {
    TcpSide& sender = flow.tcp[index(direction)];
    switch (flow.state) {
        case tcp_syn_sent:
            if (direction == Direction::original) {
                begin_side(sender, segment);
            } else {
                // Both at once (RFC 9293 section 3.5).
                begin_side(sender, segment);
                meet(flow.tcp[0], flow.tcp[1]);
                flow.state = tcp_syn_received;
            }
            return Step::pass;
        case tcp_time_wait:
        case tcp_closed:
            if (direction == Direction::reply) return Step::renew;
            restart(flow, segment);
            return Step::pass;
        default:
            touch = false;
            if (direction == Direction::original && segment.end != sender.end) sender.flags |= side_resync;
            return Step::pass;
    }
}

// ACK, with or without FIN: the windows are right. The state that follows.
void move_on(Flow& flow, Direction direction, const Segment& segment) {
    TcpSide& sender = flow.tcp[index(direction)];
    TcpSide& receiver = flow.tcp[index(opposite(direction))];
    if (flow.state == tcp_syn_received && direction == Direction::original) flow.state = tcp_established;
    if (flow.state == tcp_picked_up && direction == Direction::reply) flow.state = tcp_established;
    if ((segment.flags & flag::fin) != 0) sender.flags |= side_fin;
    const bool fins = (sender.flags & receiver.flags & side_fin) != 0;
    switch (flow.state) {
        case tcp_established:
        case tcp_half_closed:
            if (((sender.flags | receiver.flags) & side_fin) != 0) flow.state = tcp_half_closed;
            if (fins) flow.state = tcp_closing;
            [[fallthrough]];
        case tcp_closing:
            if (fins && sender.acked == sender.end && receiver.acked == receiver.end)
                flow.state = tcp_time_wait;
            break;
        default:
            break;
    }
}

// ACK, with or without FIN.
Step on_ack(Flow& flow, Direction direction, const Segment& segment, bool& touch) {
    TcpSide& sender = flow.tcp[index(direction)];
    TcpSide& receiver = flow.tcp[index(opposite(direction))];
    if (flow.state == tcp_syn_sent) {
        // A challenge (RFC 5961 section 4) from an end that still has an older connection.
        touch = false;
        const bool challenge = direction == Direction::reply && segment.end == segment.sequence;
        return challenge ? Step::pass : Step::bad_state;
    }
    if (flow.state == tcp_closed) {
        touch = false;
        if ((sender.flags & side_reset) != 0) return Step::bad_state;
    }
    if (!flow.has(flow_liberal)) {
        if (!within_windows(sender, receiver, segment.sequence, segment.end, segment.acknowledged))
            return Step::bad_window;
        // The third segment of the handshake proves that the originator's address is real: no slack.
        if (flow.state == tcp_syn_received && direction == Direction::original &&
            !before(receiver.acked, segment.acknowledged))
            return Step::bad_window;
    }
    note_segment(sender, receiver, segment.end, segment.acknowledged, segment.window);
    sender.flags &= static_cast<std::uint8_t>(~side_resync);
    move_on(flow, direction, segment);
    return Step::pass;
}

// A spliced connection before the server has answered. The originator stands at `cookie + 1`.
Step on_splicing_original(Flow& flow, const Segment& segment, bool& touch) {
    TcpSide& client = flow.tcp[0];
    if (client.flags == 0 && (segment.flags & flag::syn) != 0) {
        begin_side(client, segment);
        return Step::pass;
    }
    touch = false;
    if ((segment.flags & flag::rst) != 0) {
        if (segment.sequence != client.end) return Step::bad_window;
        flow.state = tcp_closed;
        client.flags |= side_reset;
        return Step::pass;
    }
    // A repetition of its first ACK, data that it should not send yet, or a question (from x on) whether the
    // window is still closed.
    const bool waits = (segment.flags & flag::syn) == 0 && segment.acknowledged == flow.splice() + 1 &&
                       (segment.sequence == client.end || segment.sequence == client.acked);
    return waits ? Step::ask_again : Step::bad_state;
}

Step on_splicing_reply(Flow& flow, const Segment& segment) {
    TcpSide& client = flow.tcp[0];
    TcpSide& server = flow.tcp[1];
    const std::uint32_t cookie = flow.splice();
    const bool answers = (segment.flags & flag::ack) != 0 && segment.acknowledged == client.end;
    if (!answers) return Step::bad_window;
    if ((segment.flags & flag::rst) != 0) {
        flow.translated_destination = cookie + 1 - segment.sequence;
        flow.state = tcp_closed;
        server.flags |= side_reset;
        return Step::pass;
    }
    if ((segment.flags & flag::syn) == 0) return Step::bad_state;
    begin_side(server, segment);
    meet(client, server);
    // Both have acknowledged: the client its cookie, and the gateway this in its place.
    client.acked = client.end;
    server.acked = server.end;
    flow.translated_destination = cookie - segment.sequence;
    flow.state = tcp_established;
    return Step::joined;
}

// `touch` becomes false where the flow must not live longer for this segment.
Step on_segment(Flow& flow, Direction direction, Segment segment, bool strict, bool& touch) {
    const bool syn = (segment.flags & flag::syn) != 0;
    const bool ack = (segment.flags & flag::ack) != 0;
    const bool fin = (segment.flags & flag::fin) != 0;
    const bool rst = (segment.flags & flag::rst) != 0;
    if (syn + fin + rst > 1 || !(syn || ack || rst)) return Step::bad_state;
    segment.end += (syn ? 1U : 0U) + (fin ? 1U : 0U);
    if (!strict) flow.flags |= flow_liberal;
    if (!strict && flow.state == tcp_syn_sent && flow.tcp[0].flags == 0 && !syn && !rst) {
        begin_side(flow.tcp[0], segment);
        flow.state = tcp_picked_up;
        return Step::pass;
    }
    if (flow.has(flow_spliced)) [[unlikely]] {
        const bool original = direction == Direction::original;
        if (flow.is_splicing()) {
            return original ? on_splicing_original(flow, segment, touch) : on_splicing_reply(flow, segment);
        }
        if (original) {
            segment.acknowledged -= flow.splice();
        } else if (syn && ack && segment.end == flow.tcp[1].end) {
            return Step::acknowledge;
        }
    }
    if (rst) return on_reset(flow, direction, segment, touch);
    if (syn)
        return ack ? on_syn_ack(flow, direction, segment, touch) : on_syn(flow, direction, segment, touch);
    return on_ack(flow, direction, segment, touch);
}

Step on_tcp(Flow& flow, Direction direction, const packet::Key& key, const packet::Frame& frame, bool strict,
            bool& touch) {
    if ((key.flags & (packet::key_transport | packet::key_bad_transport)) != packet::key_transport)
        return Step::bad_state;
    const Segment segment = read_segment(key, frame);
    if (segment.header > key.l4_length()) return Step::bad_state;  // cut by fragmentation
    return on_segment(flow, direction, segment, strict, touch);
}

Step on_answer(Flow& flow, const packet::Key& key) {
    // With identifier 0 the other end's query looks like an answer: rules have to allow it by itself.
    if (is_icmp_query(key)) return Step::renew;
    // Every `single` is followed by its `assured`.
    if (flow.state == udp_single || flow.state == icmp_single || flow.state == other_single)
        flow.state = static_cast<FlowState>(static_cast<unsigned>(flow.state) + 1);
    return Step::pass;
}

}  // namespace

bool track_open(TcpSide& sender, TcpSide& receiver, const packet::Key& key, const packet::Frame& frame) {
    const Segment segment = read_segment(key, frame);
    if (!within_windows(sender, receiver, segment.sequence, segment.end, segment.acknowledged)) return false;
    note_segment(sender, receiver, segment.end, segment.acknowledged, segment.window);
    return true;
}

Step track_rare(Flow& flow, Direction direction, const packet::Key& key, const packet::Frame& frame,
                const FlowTimes& times, CoarseTime now) {
    bool touch = true;
    Step step = Step::pass;
    if (key.protocol == static_cast<std::uint8_t>(net::IpProtocol::tcp)) {
        step = on_tcp(flow, direction, key, frame, times.strict_tcp, touch);
    } else if (direction == Direction::reply) {
        step = on_answer(flow, key);
    }
    if (step != Step::pass && step != Step::joined) return step;
    count(flow, index(direction), key);
    if (touch) flow.expires = now + times.of(flow.state);
    return step;
}

}  // namespace sluice::dataplane::flow::detail
