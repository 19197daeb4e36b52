// Incidents, their notes and the report that one was none.
#pragma once

#include "api/router.hpp"
#include "api/services.hpp"

namespace sluice::api::incidents {

void add_routes(Router& router, const Services& services);

}  // namespace sluice::api::incidents
