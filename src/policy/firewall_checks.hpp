// What a schema cannot say of one tenant's firewall: names that stand for nothing, groups in circles, zones
// that nothing is attached to, rules that can never match. Internal to policy/.
#pragma once

#include "model/tenant_policy.hpp"
#include "policy/node.hpp"
#include "policy/problems.hpp"

namespace sluice::policy::detail {

// `node` is the tenant's `firewall:`, absent when there is none, and was read into
// tenant.protection.firewall.
void check_firewall(const Node& node, const model::TenantPolicy& tenant, Problems& problems,
                    Problems& warnings);

}  // namespace sluice::policy::detail
