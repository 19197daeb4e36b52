#include "rpc/gobgp_route.hpp"

#include <algorithm>
#include <cmath>

#include "attribute.pb.h"

namespace sluice::rpc {
namespace {

using model::MitigationKind;
using model::Route;

// RFC 8955 section 4.2.2
enum FlowSpecType : std::uint32_t {
    destination_prefix = 1,
    source_prefix = 2,
    ip_protocol = 3,
    destination_port = 5,
    source_port = 6,
};
constexpr std::uint32_t op_equal = 0x01;  // RFC 8955 section 4.2.1.1; gobgpd sets the end-of-list bit itself
constexpr std::uint32_t origin_igp = 0;

void set_family(apipb::Family& family, bool v4, bool flowspec) {
    family.set_afi(v4 ? apipb::Family::AFI_IP : apipb::Family::AFI_IP6);
    family.set_safi(flowspec ? apipb::Family::SAFI_FLOW_SPEC_UNICAST : apipb::Family::SAFI_UNICAST);
}

void add_prefix_rule(apipb::FlowSpecNLRI& nlri, FlowSpecType type, const net::Prefix& prefix) {
    apipb::FlowSpecIPPrefix rule;
    rule.set_type(type);
    rule.set_prefix_len(prefix.length());
    rule.set_prefix(prefix.address().to_string());
    nlri.add_rules()->PackFrom(rule);
}

void add_number_rule(apipb::FlowSpecNLRI& nlri, FlowSpecType type, std::uint32_t value) {
    if (value == 0) return;
    apipb::FlowSpecComponent rule;
    rule.set_type(type);
    auto& item = *rule.add_items();
    item.set_op(op_equal);
    item.set_value(value);
    nlri.add_rules()->PackFrom(rule);
}

// In the order of their types, as section 4.2 demands.
apipb::FlowSpecNLRI flowspec_nlri(const model::FlowSpecRule& rule) {
    apipb::FlowSpecNLRI nlri;
    add_prefix_rule(nlri, destination_prefix, rule.destination);
    for (const auto& source : rule.sources) add_prefix_rule(nlri, source_prefix, source);
    add_number_rule(nlri, ip_protocol, rule.protocol);
    add_number_rule(nlri, destination_port, rule.destination_port);
    add_number_rule(nlri, source_port, rule.source_port);
    return nlri;
}

void add_reach(apipb::Path& path, const std::string& next_hop) {
    apipb::MpReachNLRIAttribute reach;
    *reach.mutable_family() = path.family();
    reach.add_next_hops(next_hop);
    *reach.add_nlris() = path.nlri();
    path.add_pattrs()->PackFrom(reach);
}

void add_communities(apipb::Path& path, const Route& route, const GobgpRouteStyle& style) {
    apipb::CommunitiesAttribute communities;
    const auto add = [&](std::uint32_t community) {
        const auto& all = communities.communities();
        if (std::find(all.begin(), all.end(), community) == all.end()) communities.add_communities(community);
    };
    for (const auto community : route.communities) add(community);
    for (const auto community : style.communities) add(community);
    add(style.mark_community);
    path.add_pattrs()->PackFrom(communities);
}

bool read_flowspec(const apipb::Path& path, Route& route) {
    apipb::FlowSpecNLRI nlri;
    if (!path.nlri().UnpackTo(&nlri)) return false;
    for (const auto& any : nlri.rules()) {
        apipb::FlowSpecIPPrefix prefix;
        apipb::FlowSpecComponent component;
        if (any.UnpackTo(&prefix)) {
            const auto address = net::Address::parse(prefix.prefix());
            if (!address) return false;
            const auto value = net::Prefix::of(*address, prefix.prefix_len());
            if (prefix.type() == destination_prefix) route.rule.destination = value;
            if (prefix.type() == source_prefix) route.rule.sources.push_back(value);
        } else if (any.UnpackTo(&component) && component.items_size() == 1) {
            const auto value = component.items(0).value();
            if (component.type() == ip_protocol) route.rule.protocol = static_cast<std::uint8_t>(value);
            if (component.type() == destination_port) {
                route.rule.destination_port = static_cast<std::uint16_t>(value);
            }
            if (component.type() == source_port) route.rule.source_port = static_cast<std::uint16_t>(value);
        } else {
            return false;
        }
    }
    route.kind = MitigationKind::flowspec;
    route.prefix = route.rule.destination;
    return true;
}

bool read_prefix(const apipb::Path& path, Route& route) {
    apipb::IPAddressPrefix nlri;
    if (!path.nlri().UnpackTo(&nlri)) return false;
    const auto address = net::Address::parse(nlri.prefix());
    if (!address || nlri.prefix_len() > (address->is_v4() ? 32U : 128U)) return false;
    route.prefix = net::Prefix::of(*address, nlri.prefix_len());
    return true;
}

void read_attributes(const apipb::Path& path, Route& route) {
    for (const auto& any : path.pattrs()) {
        apipb::NextHopAttribute next_hop;
        apipb::MpReachNLRIAttribute reach;
        apipb::CommunitiesAttribute communities;
        apipb::ExtendedCommunitiesAttribute extended;
        if (any.UnpackTo(&next_hop)) {
            route.next_hop = net::Address::parse(next_hop.next_hop()).value_or(net::Address{});
        } else if (any.UnpackTo(&reach)) {
            if (reach.next_hops_size() > 0) {
                route.next_hop = net::Address::parse(reach.next_hops(0)).value_or(net::Address{});
            }
        } else if (any.UnpackTo(&communities)) {
            route.communities.assign(communities.communities().begin(), communities.communities().end());
        } else if (any.UnpackTo(&extended)) {
            for (const auto& community : extended.communities()) {
                apipb::TrafficRateExtended rate;
                if (community.UnpackTo(&rate)) {
                    route.rule.rate_limit_bytes_per_s = static_cast<double>(rate.rate());
                }
            }
        }
    }
}

}  // namespace

base::Result<apipb::Path> to_path(const Route& route, const GobgpRouteStyle& style) {
    const bool flowspec = route.kind == MitigationKind::flowspec;
    const auto& target = flowspec ? route.rule.destination : route.prefix;
    const bool v4 = target.is_v4();
    net::Address next_hop = route.next_hop;
    if (route.kind == MitigationKind::blackhole) {
        next_hop = v4 ? style.blackhole_next_hop : style.blackhole_next_hop6;
    }
    if (!flowspec && (next_hop.is_none() || next_hop.is_v4() != v4)) {
        return base::fail(base::ErrorCode::invalid_argument, "its next hop is not of its family",
                          route.key());
    }
    apipb::Path path;
    set_family(*path.mutable_family(), v4, flowspec);
    if (flowspec) {
        path.mutable_nlri()->PackFrom(flowspec_nlri(route.rule));
    } else {
        apipb::IPAddressPrefix nlri;
        nlri.set_prefix(target.address().to_string());
        nlri.set_prefix_len(target.length());
        path.mutable_nlri()->PackFrom(nlri);
    }
    apipb::OriginAttribute origin;
    origin.set_origin(origin_igp);
    path.add_pattrs()->PackFrom(origin);
    if (flowspec) {
        add_reach(path, v4 ? "0.0.0.0" : "::");
        apipb::ExtendedCommunitiesAttribute extended;
        apipb::TrafficRateExtended rate;
        rate.set_rate(static_cast<float>(route.rule.rate_limit_bytes_per_s));
        extended.add_communities()->PackFrom(rate);
        path.add_pattrs()->PackFrom(extended);
    } else if (v4) {
        apipb::NextHopAttribute attribute;
        attribute.set_next_hop(next_hop.to_string());
        path.add_pattrs()->PackFrom(attribute);
    } else {
        add_reach(path, next_hop.to_string());
    }
    add_communities(path, route, style);
    return path;
}

std::optional<Route> to_route(const apipb::Path& path, const GobgpRouteStyle& style) {
    Route route;
    const bool flowspec = path.family().safi() == apipb::Family::SAFI_FLOW_SPEC_UNICAST;
    if (flowspec ? !read_flowspec(path, route) : !read_prefix(path, route)) return std::nullopt;
    read_attributes(path, route);
    auto& communities = route.communities;
    if (std::ranges::find(communities, style.mark_community) == communities.end()) return std::nullopt;
    std::erase_if(communities, [&](std::uint32_t community) {
        return community == style.mark_community ||
               std::ranges::find(style.communities, community) != style.communities.end();
    });
    if (flowspec) {
        route.next_hop = {};
    } else if (route.next_hop == style.blackhole_next_hop || route.next_hop == style.blackhole_next_hop6) {
        route.kind = MitigationKind::blackhole;
        route.next_hop = {};
    }
    return route;
}

}  // namespace sluice::rpc
