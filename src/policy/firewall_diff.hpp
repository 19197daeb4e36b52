// What a change of a tenant's firewall means, in sentences for its administrator. Internal to policy/;
// policy_diff.hpp tells them with the rest.
#pragma once

#include <optional>
#include <vector>

#include "model/firewall_policy.hpp"
#include "policy/policy_diff.hpp"

namespace sluice::policy::detail {

// Changes without a tenant's slug, in the order of the section. Of very many only the first are told, and how
// many there are.
[[nodiscard]] std::vector<PolicyChange> diff_firewall(const std::optional<model::FirewallPolicy>& before,
                                                      const std::optional<model::FirewallPolicy>& after);

}  // namespace sluice::policy::detail
