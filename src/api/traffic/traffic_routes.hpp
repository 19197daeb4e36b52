// Traffic over time.
#pragma once

#include "api/router.hpp"
#include "api/services.hpp"

namespace sluice::api::traffic {

void add_routes(Router& router, const Services& services);

}  // namespace sluice::api::traffic
