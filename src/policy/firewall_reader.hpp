// A tenant's `firewall:` section → model. What the schema has promised; the rest is checked by
// firewall_checks.hpp. Internal to policy/.
#pragma once

#include "model/firewall_policy.hpp"
#include "policy/node.hpp"

namespace sluice::policy::detail {

// A text, or the texts of a list; none when absent.
[[nodiscard]] std::vector<std::string> texts_of(const Node& node);

[[nodiscard]] model::FirewallPolicy read_firewall(const Node& node);

}  // namespace sluice::policy::detail
