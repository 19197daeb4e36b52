// Health of the platform, the overview, and what names mean.
#pragma once

#include "api/router.hpp"
#include "api/services.hpp"

namespace sluice::api::system {

void add_routes(Router& router, const Services& services);

}  // namespace sluice::api::system
