// What a schema cannot say of a tenant policy. Internal to policy/.
#pragma once

#include <vector>

#include "model/tenant_policy.hpp"
#include "policy/node.hpp"
#include "policy/problems.hpp"

namespace sluice::policy::detail {

// `tenants` is what `document` was read into, item by item. What a person should know but need not change is
// added to `warnings`.
[[nodiscard]] Problems check_policy(const Node& document, const std::vector<model::TenantPolicy>& tenants,
                                    Problems& warnings);

}  // namespace sluice::policy::detail
