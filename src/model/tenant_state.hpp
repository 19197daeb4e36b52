// A tenant as it is in force: the customer with ids, sites, prefixes and protection. Detection policies and
// tenant programs are resolved from it.
#pragma once

#include <vector>

#include "model/tenant.hpp"
#include "model/tenant_policy.hpp"

namespace sluice::model {

struct TenantState {
    Tenant tenant;
    std::vector<Site> sites;
    std::vector<TenantPrefix> prefixes;  // by address; none overlaps another
    ProtectionPolicy protection;
};

}  // namespace sluice::model
