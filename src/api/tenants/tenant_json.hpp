// Tenants, sites and prefixes as the API shows them. Only for .cpp files.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "api/json.hpp"
#include "model/tenant.hpp"

namespace sluice::api::tenants {

[[nodiscard]] Json to_json(const model::Tenant& tenant);
[[nodiscard]] Json to_json(const model::Site& site);
[[nodiscard]] Json to_json(const model::TenantPrefix& prefix);

// "192.0.2.0-24": the prefix with a dash for the slash, so that it fits into a path.
[[nodiscard]] std::string prefix_id(const net::Prefix& prefix);
[[nodiscard]] std::optional<net::Prefix> parse_prefix_id(std::string_view id);

}  // namespace sluice::api::tenants
