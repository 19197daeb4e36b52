// Tenants, their sites, prefixes and consent.
#pragma once

#include "api/router.hpp"
#include "api/services.hpp"

namespace sluice::api::tenants {

void add_routes(Router& router, const Services& services);

}  // namespace sluice::api::tenants
