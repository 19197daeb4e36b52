#include "replay/virtual_network.hpp"

namespace sluice::replay {

base::Status VirtualNetwork::announce(const model::Route& route) {
    const auto [entry, is_new] = routes_.try_emplace(route.key(), Entry{route, clock_.now() + delay_});
    if (!is_new) entry->second.route = route;
    return {};
}

base::Status VirtualNetwork::withdraw(const model::Route& route) {
    routes_.erase(route.key());
    return {};
}

base::Result<std::vector<model::Route>> VirtualNetwork::announced() {
    std::vector<model::Route> routes;
    for (const auto& [key, entry] : routes_) routes.push_back(entry.route);
    return routes;
}

mitigation::SpeakerState VirtualNetwork::state() const {
    return {.connected = true, .session = 1, .peers = 1, .peers_established = 1, .detail = "replay"};
}

const model::Route* VirtualNetwork::route_to(const net::Address& destination) const {
    const Entry* best = nullptr;
    for (const auto& [key, entry] : routes_) {
        if (entry.route.kind == model::MitigationKind::flowspec || clock_.now() < entry.in_use_from) continue;
        if (!entry.route.prefix.contains(destination)) continue;
        if (best == nullptr || best->route.prefix.bits() < entry.route.prefix.bits()) best = &entry;
    }
    return best == nullptr ? nullptr : &best->route;
}

}  // namespace sluice::replay
