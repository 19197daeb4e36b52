// What a tenant's policy makes of a flow, in the order of its set-up: destination NAT, the routes, source
// NAT, rules. A new flow is opened by it, and one that was open when the policy changed is held against it.
#pragma once

#include <cstdint>

#include "dataplane/firewall/rule_set.hpp"
#include "dataplane/flow/flow_table.hpp"
#include "dataplane/tenant_firewall.hpp"
#include "packet/key.hpp"

namespace sluice::dataplane {

struct FlowPlan {
    attach::NetworkIndex from = attach::internet;
    attach::NetworkIndex to = attach::internet;
    flow::Tuple towards{};     // after destination NAT
    nat::SourceChange source;  // what source NAT makes of it
    firewall::Match match;     // the rule that decides; of the packet as it arrived
    // Who is logged in at the source, where rules ask for that. Until the next burst.
    const firewall::KnownUser* user = nullptr;

    [[nodiscard]] bool has_route() const { return from != attach::internet || to != attach::internet; }
    // The flow's present translation is what the plan makes of it. A port of a pool stays with its flow.
    [[nodiscard]] bool keeps(const flow::Tuple& translated) const;
};

// `tuple` is that of the flow's first packet, which came from the network `from`; `key` of any of its
// packets, of the same direction where it is ICMP. `whole`: the packet has its transport header. Without a
// route nothing else is looked for.
[[nodiscard]] FlowPlan plan_flow(const TenantFirewall& firewall, const flow::Tuple& tuple,
                                 const packet::Key& key, bool whole, attach::NetworkIndex from,
                                 std::uint16_t minute_of_week);

}  // namespace sluice::dataplane
