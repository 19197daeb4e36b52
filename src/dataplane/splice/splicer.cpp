#include "dataplane/splice/splicer.hpp"

#include "dataplane/flow/icmp_quote.hpp"
#include "dataplane/splice/cookie.hpp"
#include "dataplane/splice/segment.hpp"
#include "net/protocol.hpp"

namespace sluice::dataplane::splice {
namespace {

namespace flag = net::tcp_flag;
constexpr auto tcp = static_cast<std::uint8_t>(net::IpProtocol::tcp);

bool may_be_proof(const packet::Key& key) {
    constexpr unsigned whole = packet::key_transport | packet::key_fragment | packet::key_bad_transport;
    return key.protocol == tcp && (key.flags & whole) == packet::key_transport &&
           (key.tcp_flags & (flag::syn | flag::rst | flag::ack)) == flag::ack;
}

Numbers syn_of(const packet::Key& key, const Proof& proof) {
    return {.sequence = proof.sequence,
            .window = proof.window,
            .flags = flag::syn,
            .size = size_of(proof.cookie, key.has(packet::key_ipv6))};
}

// In the client's place, to the server whose SYN-ACK has come.
Numbers third_of(const flow::Flow& flow) {
    return {.sequence = flow.tcp[0].end,
            .acknowledged = flow.tcp[1].acked,
            .window = flow.tcp[0].max_window,
            .flags = flag::ack};
}

}  // namespace

void answer_syn(const Context& context, std::size_t i) {
    const packet::Key& key = context.batch.keys[i];
    packet::Frame& frame = context.batch.frames[i];
    const bool ipv6 = key.has(packet::key_ipv6);
    const std::uint32_t sequence = read_numbers(key, frame).sequence;
    const std::uint32_t size_class = class_of_size(read_size(key, frame), ipv6);
    context.state.cookies_until_ns = context.state.now_ns + 2 * scrub::SynCookie::epoch_ns;
    turn_back(key,
              {.sequence = cookie_of(context.batch.cookies[i], sequence, size_class),
               .acknowledged = sequence + 1,
               .flags = flag::syn | flag::ack,
               .size = offered_sizes[ipv6 ? 1 : 0]},
              frame);
}

std::optional<Proof> find_proof(const Context& context, std::size_t i) {
    const packet::Key& key = context.batch.keys[i];
    if (!may_be_proof(key)) return std::nullopt;
    const Numbers numbers = read_numbers(key, context.batch.frames[i]);
    const auto sequence =
        proved_syn(context.state.cookies, key, numbers.sequence, numbers.acknowledged, context.state.now_ns);
    if (!sequence) return std::nullopt;
    return Proof{*sequence, numbers.acknowledged - 1, numbers.window};
}

std::optional<Proof> find_opening(const Context& context, std::size_t i) {
    const Batch& batch = context.batch;
    if (batch.firewall.networks[i] != attach::internet || !may_be_proof(batch.keys[i])) return std::nullopt;
    if (context.state.now_ns > context.state.cookies_until_ns) return std::nullopt;
    const Profile& profile = context.program.profiles[batch.targets[i]->profile];
    if (profile.verify_tcp != model::TcpVerification::off && (batch.verified >> i & 1U) == 0)
        return std::nullopt;
    return find_proof(context, i);
}

bool become_syn(const Context& context, std::size_t i, const Proof& proof) {
    packet::Frame& frame = context.batch.frames[i];
    packet::Key& key = context.batch.keys[i];
    if (frame.room < key.l4_offset + longest_header) return false;
    become(key, syn_of(key, proof), frame);
    return true;
}

void reset_client(const Context& context, std::size_t i, const Proof& proof, std::uint8_t leg) {
    Batch& batch = context.batch;
    if (batch.frames[i].room < packet::min_room) return;
    turn_back(
        batch.keys[i],
        {.sequence = proof.cookie + 1, .acknowledged = proof.sequence + 1, .flags = flag::rst | flag::ack},
        batch.frames[i]);
    batch.legs[i] = leg;
    batch.resets.add(i);
    --batch.dropped;
}

bool become_syn_again(const Context& context, std::size_t i, const flow::Flow& flow) {
    const flow::TcpSide& client = flow.tcp[0];
    return become_syn(context, i, {client.end - 1, flow.splice(), client.max_window});
}

void join(const Context& context, std::size_t i, const flow::Flow& flow, const packet::VxlanWay* tunnel,
          std::uint8_t leg) {
    packet::Key& key = context.batch.keys[i];
    packet::Frame& frame = context.batch.frames[i];
    // Without room the server asks again.
    if (ExtraFrames::Extra* extra = context.state.extra.add(i, leg); extra != nullptr) {
        write_back(key, frame, third_of(flow), extra->frame);
        if (tunnel != nullptr) packet::wrap_vxlan(*tunnel, 0, extra->frame);
    }
    const Numbers numbers = read_numbers(key, frame);
    become(key,
           {.sequence = numbers.sequence + 1,
            .acknowledged = numbers.acknowledged,
            .window = numbers.window,
            .flags = flag::ack},
           frame);
}

void acknowledge(const Context& context, std::size_t i, const flow::Flow& flow,
                 const packet::VxlanWay* tunnel, std::uint8_t leg) {
    Batch& batch = context.batch;
    turn_back(batch.keys[i], third_of(flow), batch.frames[i]);
    if (tunnel != nullptr) packet::wrap_vxlan(*tunnel, 0, batch.frames[i]);
    batch.verdicts[i] = model::Verdict::answer;
    batch.legs[i] = leg;
}

bool is_refusal(const packet::Key& key, const flow::Found& found) {
    constexpr std::uint16_t unreachable4 = 3;
    constexpr std::uint16_t unreachable6 = 1;
    constexpr std::uint16_t too_big4 = 4;  // the code; of IPv6 a type of its own
    if (!found.flow->is_splicing() || found.direction != flow::Direction::reply) return false;
    // Of ICMP the ports are type and code.
    return key.has(packet::key_ipv6) ? key.source_port == unreachable6
                                     : key.source_port == unreachable4 && key.destination_port != too_big4;
}

void become_reset(const Context& context, std::size_t i, const flow::Flow& flow) {
    Batch& batch = context.batch;
    packet::Key& key = batch.keys[i];
    key.source = flow.tuple.destination;
    key.destination = flow.tuple.source;
    key.source_port = flow.tuple.destination_port;
    key.destination_port = flow.tuple.source_port;
    key.protocol = tcp;
    write_fresh(
        key, {.sequence = flow.splice() + 1, .acknowledged = flow.tcp[0].end, .flags = flag::rst | flag::ack},
        batch.frames[i]);
}

void shift(const packet::Key& key, const flow::Found& found, packet::Frame& frame) {
    // A later fragment has no numbers.
    if (key.protocol != tcp || !key.has(packet::key_transport)) return;
    if (found.direction == flow::Direction::reply) return shift_sequence(key, frame, found.flow->splice());
    if ((key.tcp_flags & flag::ack) != 0) shift_acknowledged(key, frame, 0U - found.flow->splice());
}

void shift_error(const packet::Key& key, const flow::Found& found, packet::Frame& frame) {
    // The server knows its own numbers; the client's are his everywhere.
    if (found.direction == flow::Direction::reply) return;
    if (const auto quote = flow::read_quote(0, key, frame))
        shift_quoted(key, frame, quote->l4_offset, 0U - found.flow->splice());
}

}  // namespace sluice::dataplane::splice
