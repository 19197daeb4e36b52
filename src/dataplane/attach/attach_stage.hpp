// Frames that come from customers: whose they are, by leg and tags, by the tunnel, or by their source. What
// is found there belongs to a tenant with a firewall; the rest goes the way of the leg's other frames.
#pragma once

#include <cstring>

#include "dataplane/stage.hpp"

namespace sluice::dataplane::attach {

// After the keys are made. Packets of attached networks leave `live` and become `stateful`; on a leg of
// routed customers what belongs to nobody is dropped, or answered when it asks for the gateway itself.
void find_networks(const Context& context, LegIndex ingress);

// The router's Ethernet address, from what it sends. Where hosts are on the link, too, it is known apart from
// them only by the flows that it brings (firewall_stage.cpp). Of packets that are not for the gateway itself
// it is taken a pass later, when the line is there.
inline void learn_router(const TenantPath& path, NetworkIndex network, const NetworkWay& way,
                         const packet::Frame& frame) {
    if (!way.learns_from_frames) return;
    std::uint64_t mac = 0;
    std::memcpy(&mac, frame.data + 6, 6);
    if (way.router() == mac) [[likely]]
        return;
    way.set_router(mac);
    // For the programs to come.
    path.firewall->next_hops[network].store(mac, std::memory_order_relaxed);
}

}  // namespace sluice::dataplane::attach
