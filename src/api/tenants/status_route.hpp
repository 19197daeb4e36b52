// "You are protected", or "you are under attack since".
#pragma once

#include "api/router.hpp"
#include "api/services.hpp"

namespace sluice::api::tenants {

void add_status_route(Router& router, const Services& services);

}  // namespace sluice::api::tenants
