#include "dataplane/outbound/outbound_sample.hpp"

#include "dataplane/scrub/reflection_stage.hpp"
#include "net/protocol.hpp"

namespace sluice::dataplane::outbound {
namespace {

using flow::Direction;

constexpr std::uint64_t amplified = 3;  // times what was asked

void sample_one(const Context& context, std::size_t i) {
    const Batch& batch = context.batch;
    const FirewallBatch& firewall = batch.firewall;
    const flow::Found found = firewall.found[i];
    if (found.flow == nullptr || found.flow->state == flow::FlowState::free) return;
    flow::Flow& flow = *found.flow;
    const TenantPath& path = *firewall.paths[i];
    if (flow.egress[flow::index(found.direction)] != attach::internet) return;
    const TenantFirewall& tenant = *path.firewall;
    if (!tenant.attacks.any() || flow.tuple.tenant() != path.index) return;
    AttackerTable& attackers = context.state.attackers;
    const packet::Key& key = batch.keys[i];
    if (found.direction == Direction::original) {
        if (!is_silent(flow) || !(flow.tuple == firewall.lookups.tuples[i])) return;
        if (attackers.note_silent(tenant.attacks, tenant.tenant, flow.tuple, key.l3_length))
            flow.generation = suspects_generation(path.generation);
        return;
    }
    if (key.protocol == static_cast<std::uint8_t>(net::IpProtocol::udp) &&
        scrub::vector_of_port[key.source_port] != 0 && flow.bytes[1] >= amplified * flow.bytes[0]) {
        attackers.note_answer(tenant.attacks, tenant.tenant, path.index, key.source, key.destination,
                              key.l3_length);
    }
}

}  // namespace

void sample(const Context& context) {
    const FirewallBatch& firewall = context.batch.firewall;
    for (const std::uint8_t i : firewall.stateful) {
        if (firewall.networks[i] == attach::internet || firewall.kinds[i] != flow::TupleKind::own ||
            context.batch.verdicts[i] != model::Verdict::pass || (context.batch.away >> i & 1U) != 0)
            continue;
        sample_one(context, i);
    }
}

}  // namespace sluice::dataplane::outbound
