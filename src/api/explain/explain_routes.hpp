// "Why was this packet dropped?": packets through a tenant's program as gateways run it.
#pragma once

#include "api/router.hpp"
#include "api/services.hpp"

namespace sluice::api::explain {

void add_routes(Router& router, const Services& services);

}  // namespace sluice::api::explain
