// Our routes as paths of gobgpd's API, and back.
//
//   divert, blackhole   IPAddressPrefix; ORIGIN IGP, NEXT_HOP (IPv4) or MP_REACH_NLRI (IPv6, RFC 4760),
//   COMMUNITIES flowspec            FlowSpecNLRI (RFC 8955 section 4, RFC 8956), MP_REACH_NLRI, COMMUNITIES,
//   and the extended
//                       community traffic-rate-bytes (RFC 8955 section 7.1)
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/result.hpp"
#include "gobgp.pb.h"
#include "model/mitigation.hpp"
#include "net/address.hpp"

namespace sluice::rpc {

struct GobgpRouteStyle {
    std::uint32_t mark_community = 0;
    std::vector<std::uint32_t> communities;  // on every route, beside the mark and the route's own
    net::Address blackhole_next_hop;
    net::Address blackhole_next_hop6;
};

// Error: invalid_argument, for a route that cannot be said in BGP.
[[nodiscard]] base::Result<apipb::Path> to_path(const model::Route& route, const GobgpRouteStyle& style);
// Empty for a path that does not carry our mark, or that we cannot have made.
[[nodiscard]] std::optional<model::Route> to_route(const apipb::Path& path, const GobgpRouteStyle& style);

}  // namespace sluice::rpc
