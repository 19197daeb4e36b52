// Which prefixes can be somebody's at all: not those that the IANA registries keep for a special purpose, and
// none so wide that it is a mistake. Private and documentation prefixes can, in a lab or behind an MPLS VPN.
#pragma once

#include "base/result.hpp"
#include "net/prefix.hpp"

namespace sluice::net {

// Refuses multicast, loopback, link-local and reserved addresses, IPv4 wider than /8 and IPv6 wider than /16.
[[nodiscard]] base::Status check_assignable(const Prefix& prefix);

}  // namespace sluice::net
