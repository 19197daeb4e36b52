// Who is under attack now, and is the platform well.
#pragma once

#include "api/router.hpp"
#include "api/services.hpp"

namespace sluice::api::system {

void add_overview_route(Router& router, const Services& services);

}  // namespace sluice::api::system
