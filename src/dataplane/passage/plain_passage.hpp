// The way of nearly every packet of a known flow: the policy is the one that the flow was judged under, the
// packet came from where the flow says, it is a plain segment or datagram, and the way out asks nobody. All
// of that is decided by one sum, before anything is changed.
#pragma once

#include "dataplane/flow/tcp_tracker.hpp"
#include "dataplane/forward.hpp"
#include "dataplane/nat/flow_translation.hpp"
#include "dataplane/stage.hpp"

namespace sluice::dataplane::passage {

// False: nothing was done; the packet has to be looked at step by step.
[[gnu::always_inline]] inline bool pass_plain(const Context& context, std::size_t i) {
    Batch& batch = context.batch;
    const FirewallBatch& firewall = batch.firewall;
    const flow::Found& found = firewall.found[i];
    flow::Flow& flow = *found.flow;
    const TenantPath& path = *firewall.paths[i];
    const packet::Key& key = batch.keys[i];
    const std::size_t side = flow::index(found.direction);
    constexpr unsigned shape = packet::key_transport | packet::key_bad_transport | packet::key_fragment;
    // Each part is 0 for a plain packet.
    const std::uint32_t special =
        (flow.generation ^ path.generation) |
        static_cast<std::uint32_t>(firewall.networks[i] ^ flow.egress[side ^ 1U]) |
        static_cast<std::uint32_t>(path.limits_inbound | path.limits_outbound | path.varies) |
        static_cast<std::uint32_t>(firewall.kinds[i]) | ((key.flags & shape) ^ packet::key_transport) |
        static_cast<std::uint32_t>(key.hop_limit <= 1);
    if (special != 0) return false;
    const NetworkWay& way = context.program.paths.way(path, flow.egress[side]);
    const Mac* next_hop = way.egress.way.next_hop(key.has(packet::key_ipv6));
    Mac learned;
    if (way.learns) {
        const std::uint64_t known = way.router();
        if (!way.egress.way.rewrite || known == 0) return false;
        std::memcpy(learned.data(), &known, learned.size());
        next_hop = &learned;
    }
    packet::Frame& frame = batch.frames[i];
    if (!flow::track_plain(flow, found.direction, key, frame, context.program.paths.times(path),
                           context.state.flows.now()))
        return false;
    if (flow.has(flow::flow_translated)) (void)nat::translate(context.state.flows, found, key, frame);
    batch.legs[i] = way.egress.leg;
    forward(way.egress.way, *next_hop, key, frame);
    return true;
}

}  // namespace sluice::dataplane::passage
