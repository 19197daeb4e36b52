// Tenant policy: YAML (schema/policy.schema.json) → model. The whole document or nothing of it.
//
//     tenants:
//       - slug: acme
//         prefixes:
//           - prefix: 192.0.2.0/24
//             consent: auto
//
// Beyond the schema: slugs, logins and names are unique, prefixes are a customer's and overlap nobody's,
// sites and filters fit to the tenant, thresholds can fire, a firewall's names stand for something. Every
// problem is told at once, with its line. What is taken but most likely not meant, as a rule that can never
// match, is added to `warnings`.
#pragma once

#include <expected>
#include <filesystem>
#include <string_view>
#include <vector>

#include "model/tenant_policy.hpp"
#include "policy/document.hpp"
#include "policy/problems.hpp"

namespace sluice::policy {

// A policy file holds all customers: more than a configuration may.
inline constexpr DocumentLimits policy_limits{
    .max_bytes = 256U << 20U, .max_nodes = 12'000'000, .max_problems = 50};

[[nodiscard]] std::expected<std::vector<model::TenantPolicy>, Problems> read_policy(
    std::string_view text, std::string_view name, Problems* warnings = nullptr);
[[nodiscard]] std::expected<std::vector<model::TenantPolicy>, Problems> load_policy(
    const std::filesystem::path& file, Problems* warnings = nullptr);

}  // namespace sluice::policy
