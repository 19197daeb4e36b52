// What a tenant is called, from memory.
#pragma once

#include <string>

#include "api/services.hpp"
#include "model/ids.hpp"

namespace sluice::api::tenants {

// "removed tenant-12" for one that is no more: incidents outlive their tenant.
[[nodiscard]] std::string name_of(const Services& services, model::TenantId id);

}  // namespace sluice::api::tenants
