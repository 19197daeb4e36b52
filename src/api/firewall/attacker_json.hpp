// Hosts that attack others, as schema/openapi.yaml has them (OutboundAttacker).
#pragma once

#include <vector>

#include "api/json.hpp"
#include "model/outbound.hpp"

namespace sluice::api::firewall {

[[nodiscard]] Json attacker_json(const model::OutboundAttacker& attacker);
[[nodiscard]] Json attackers_json(const std::vector<model::OutboundAttacker>& attackers);

}  // namespace sluice::api::firewall
