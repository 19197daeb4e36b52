// What stands in a firewall policy, as sentences for people who are not at home in firewalls.
#pragma once

#include <string>

#include "model/firewall_policy.hpp"
#include "policy/zone_matrix.hpp"

namespace sluice::policy {

// "Allow http and https from internet to dmz, destination web-public."
[[nodiscard]] std::string sentence(const model::RulePolicy& rule);
// "Connections from inside to internet leave with the public address 192.0.2.1."
[[nodiscard]] std::string sentence(const model::NatPolicy& nat);
// "VLAN 110 in zone inside, with 10.1.0.0/16."
[[nodiscard]] std::string sentence(const model::AttachmentPolicy& network);
// "From internet to dmz only what web-in and mail-in allow gets through."
[[nodiscard]] std::string sentence(const ZonePair& pair);
// "What is in RU or CN, by the gateways' tables."
[[nodiscard]] std::string sentence(const model::AttributeMatch& match);

}  // namespace sluice::policy
