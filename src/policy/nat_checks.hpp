// What a schema cannot say of a tenant's NAT: which keys a kind has, families, public addresses that are not
// the tenant's, rules that get in each other's way. Internal to policy/.
#pragma once

#include "model/tenant_policy.hpp"
#include "policy/name_checks.hpp"
#include "policy/node.hpp"
#include "policy/problems.hpp"
#include "policy/rule_resolver.hpp"

namespace sluice::policy::detail {

// `list` is `nat:` of the tenant's firewall.
void check_nat(const Node& list, const model::TenantPolicy& tenant, NameChecks& names, RuleResolver& resolver,
               Problems& problems);

}  // namespace sluice::policy::detail
