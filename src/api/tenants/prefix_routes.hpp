// Prefixes of tenants and the consent for them.
#pragma once

#include "api/router.hpp"
#include "api/services.hpp"

namespace sluice::api::tenants {

void add_prefix_routes(Router& router, const Services& services);

}  // namespace sluice::api::tenants
