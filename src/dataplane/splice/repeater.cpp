#include "dataplane/splice/repeater.hpp"

#include <cstring>

#include "dataplane/splice/segment.hpp"
#include "net/big_endian.hpp"
#include "net/protocol.hpp"

namespace sluice::dataplane::splice {
namespace {

// The pipeline gives a flow's packets to its tenant by their destination. Where that is another's now, or
// nobody's, or has no firewall any more, the ACK would be taken for a packet without a flow. A number that a
// tenant has taken over from another is seen by the flow's generation, as with any packet.
bool has_its_tenant(const Program& program, const flow::Flow& flow) {
    const Target* target = program.table.find(flow.tuple.destination);
    return target != nullptr && target->firewall != 0 &&
           program.paths[target->firewall].index == flow.tuple.tenant();
}

// The flow that the entry was made for, if it still waits. Its number may be another's by now; that one has
// another cookie.
const flow::Flow* waiting_flow(const Program& program, WorkerState& state, const SynRepeats::Entry& entry) {
    const flow::Flow* flow = state.flows.at(entry.flow);
    if (flow == nullptr || !flow->is_splicing() || flow->splice() != entry.cookie) return nullptr;
    if (is_after(state.flows.now(), flow->expires)) return nullptr;
    return has_its_tenant(program, *flow) ? flow : nullptr;
}

}  // namespace

void await_server(WorkerState& state, const flow::Flow& flow, std::size_t step) {
    if (step >= SynRepeats::waits_ns.size()) return;
    if (!state.syn_repeats.wait({state.flows.number_of(flow), flow.splice()}, step, state.now_ns))
        state.counts.syns_not_repeated.add(1);
}

std::size_t take_silent(const Program& program, WorkerState& state, SilentFlows& flows) {
    std::array<SynRepeats::Due, packet::max_burst> due;
    const std::size_t taken = state.syn_repeats.take(state.now_ns, due);
    if (!program.has_firewalls()) return 0;
    std::size_t count = 0;
    for (std::size_t n = 0; n < taken; ++n) {
        const flow::Flow* flow = waiting_flow(program, state, due[n].entry);
        if (flow == nullptr) continue;
        await_server(state, *flow, due[n].step + 1);
        flows[count++] = flow;
    }
    return count;
}

void write_asking(const flow::Flow& flow, packet::Frame& frame) {
    const bool ipv6 = flow.tuple.ipv6();
    packet::Key key{};
    key.source = flow.tuple.source;
    key.destination = flow.tuple.destination;
    key.source_port = flow.tuple.source_port;
    key.destination_port = flow.tuple.destination_port;
    key.flags = static_cast<std::uint8_t>(ipv6 ? packet::key_ipv6 : 0);
    key.l3_offset = 14;
    std::memset(frame.data, 0, 12);  // the way out writes its own
    net::put16(frame.data + 12, ipv6 ? net::ether_type::ipv6 : net::ether_type::ipv4);
    const flow::TcpSide& client = flow.tcp[0];
    write_fresh(key,
                {.sequence = client.end,
                 .acknowledged = flow.splice() + 1,
                 .window = client.max_window,
                 .flags = net::tcp_flag::ack},
                frame);
}

void count_repeats(WorkerState& state, const Batch& batch) {
    for (std::uint32_t i = 0; i < batch.size; ++i) {
        if (batch.targets[i] == nullptr || batch.verdicts[i] != model::Verdict::pass) continue;
        state.counts.targets[batch.targets[i]->slot].syns_repeated.add(1);
    }
}

}  // namespace sluice::dataplane::splice
