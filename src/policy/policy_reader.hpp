// Tenant policy: YAML (schema/policy.schema.json) → model. The whole document or nothing of it.
//
//     tenants:
//       - slug: acme
//         prefixes:
//           - prefix: 192.0.2.0/24
//             consent: auto
//
// Beyond the schema: slugs, logins and names are unique, prefixes are a customer's and overlap nobody's,
// sites and filters fit to the tenant, thresholds can fire. Every problem is told at once, with its line.
#pragma once

#include <expected>
#include <filesystem>
#include <string_view>
#include <vector>

#include "model/tenant_policy.hpp"
#include "policy/problems.hpp"

namespace sluice::policy {

[[nodiscard]] std::expected<std::vector<model::TenantPolicy>, Problems> read_policy(std::string_view text,
                                                                                    std::string_view name);
[[nodiscard]] std::expected<std::vector<model::TenantPolicy>, Problems> load_policy(
    const std::filesystem::path& file);

}  // namespace sluice::policy
