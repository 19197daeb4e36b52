// Tenant policy: model → YAML (schema/policy.schema.json). What it writes reads back as the same value.
#pragma once

#include <string>
#include <vector>

#include "model/tenant_policy.hpp"

namespace sluice::policy {

[[nodiscard]] std::string write_policy(const std::vector<model::TenantPolicy>& tenants);

}  // namespace sluice::policy
