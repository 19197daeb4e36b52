// Sites of tenants.
#pragma once

#include "api/router.hpp"
#include "api/services.hpp"

namespace sluice::api::tenants {

void add_site_routes(Router& router, const Services& services);

}  // namespace sluice::api::tenants
