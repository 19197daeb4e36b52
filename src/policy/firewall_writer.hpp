// model → a tenant's `firewall:` section, as a person would write it. Internal to policy/.
#pragma once

#include "model/firewall_policy.hpp"
#include "policy/yaml_lines.hpp"

namespace sluice::policy::detail {

void write_firewall(Lines& out, const model::FirewallPolicy& firewall);

}  // namespace sluice::policy::detail
