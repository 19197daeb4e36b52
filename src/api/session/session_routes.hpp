// Signing in and out.
#pragma once

#include "api/router.hpp"
#include "api/services.hpp"

namespace sluice::api::session {

// `services` outlives the router. So it is for the routes of every other domain.
void add_routes(Router& router, const Services& services);

}  // namespace sluice::api::session
