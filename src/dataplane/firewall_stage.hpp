// The stateful part of the path, for packets of tenants with a firewall: the packet's flow, found by either
// direction's tuple, or opened when a rule allows it.
//
//   fetch_flows   tuples, hashes, the index's lines, the flows' lines: nothing waits for memory
//   sort_flows    known flows apart; what has none goes to the scrubber first when it comes from the internet
//   check_payloads  of what comes from the internet in known flows, where a target wants it
//   (flow_payloads.hpp) follow_flows  policy generation → committed rate → state → NAT → the way out
//   open_flows    source and route → rules → NAT → limits → as above
#pragma once

#include "dataplane/stage.hpp"

namespace sluice::dataplane {

// Takes packets to a tenant with a firewall out of `live`.
struct FirewallTurnoff {
    static bool keep(const Context& context, std::size_t i) {
        Batch& batch = context.batch;
        const std::uint16_t firewall = batch.targets[i]->firewall;
        if (firewall == 0) return true;
        const TenantPath& path = context.program.paths[firewall];
        __builtin_prefetch(&path);
        batch.firewall.paths[i] = &path;
        batch.firewall.networks[i] = attach::internet;
        batch.firewall.stateful.add(i);
        return false;
    }
};

void fetch_flows(const Context& context);
// Puts packets from the internet without a flow back into `live`, and those of customers into `fresh`.
void sort_flows(const Context& context);
void follow_flows(const Context& context, LegIndex ingress);
void open_flows(const Context& context, LegIndex ingress);

}  // namespace sluice::dataplane
