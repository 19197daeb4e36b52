#include "dataplane/tenant_path.hpp"

#include "dataplane/tenant_firewall.hpp"

namespace sluice::dataplane {

void TenantPaths::add(const TenantFirewall& firewall) {
    TenantPath path;
    path.firewall = &firewall;
    path.index = firewall.index;
    path.generation = firewall.generation;
    path.outbound = firewall.outbound;
    path.inbound = firewall.inbound;
    path.outbound_rate = firewall.outbound_rate;
    path.limits_inbound = firewall.inbound.any();
    path.limits_outbound = firewall.outbound_rate.any();
    path.has_schedule = firewall.rules.minutes_until_change(0) != 0;
    path.first_way = add_ways(firewall);
    const auto times = known_times_.emplace(firewall.times, static_cast<std::uint32_t>(times_.size()));
    if (times.second) times_.push_back(firewall.times);
    path.times = times.first->second;
    tenants_.push_back(path);
}

std::uint32_t TenantPaths::add_ways(const TenantFirewall& firewall) {
    const auto first = static_cast<std::uint32_t>(ways_.size());
    std::vector<Egress> egresses;
    bool learns = false;
    for (const Network& network : firewall.networks) {
        egresses.push_back(network.egress);
        learns |= network.learns;
    }
    if (!learns) {
        const auto known = known_ways_.emplace(std::move(egresses), first);
        if (!known.second) return known.first->second;
    }
    for (std::size_t i = 0; i < firewall.networks.size(); ++i) {
        const Network& network = firewall.networks[i];
        ways_.push_back({network.egress, network.learns ? &firewall.next_hops[i] : nullptr});
    }
    return first;
}

void TenantPaths::finish() {
    known_times_.clear();
    known_ways_.clear();
}

}  // namespace sluice::dataplane
