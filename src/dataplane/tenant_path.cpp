#include "dataplane/tenant_path.hpp"

#include "dataplane/tenant_firewall.hpp"

namespace sluice::dataplane {
namespace {

// Of addresses that are not given the end is 0, which no packet to somebody has.
std::array<std::uint32_t, 2> own_ends_of(const Network& network) {
    return {NetworkWay::end_of(network.own4), NetworkWay::end_of(network.own6)};
}

}  // namespace

void TenantPaths::add(const TenantFirewall& firewall, bool checks_inbound) {
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
    path.varies = path.has_schedule || firewall.users != nullptr;
    path.checks_inbound = checks_inbound;
    path.first_way = add_ways(firewall);
    const auto times = known_times_.emplace(firewall.times, static_cast<std::uint32_t>(times_.size()));
    if (times.second) times_.push_back(firewall.times);
    path.times = times.first->second;
    tenants_.push_back(path);
}

std::uint32_t TenantPaths::add_ways(const TenantFirewall& firewall) {
    if (ways_.empty()) ways_.push_back({.egress = firewall.networks.front().egress});
    const auto first = static_cast<std::uint32_t>(ways_.size() - 1);  // network 1 is the next
    std::vector<Shared> shared;
    bool learns = false;
    for (const Network& network : firewall.networks) {
        shared.emplace_back(network.egress, own_ends_of(network));
        learns |= network.learns;
    }
    if (!learns) {
        const auto known = known_ways_.emplace(shared, first);
        if (!known.second) return known.first->second;
    }
    for (std::size_t i = 1; i < firewall.networks.size(); ++i) {
        const Network& network = firewall.networks[i];
        const bool from_frames = network.learns && network.neighbours == nullptr;
        ways_.push_back(
            {.egress = network.egress,
             .own_ends = shared[i].second,
             .learns = network.learns,
             .learns_from_frames = from_frames,
             .router_word = from_frames ? firewall.next_hops[i].load(std::memory_order_relaxed) : 0});
    }
    return first;
}

void TenantPaths::finish() {
    known_times_.clear();
    known_ways_.clear();
}

}  // namespace sluice::dataplane
