// Events pushed to other systems.
#pragma once

#include "api/router.hpp"
#include "api/services.hpp"

namespace sluice::api::webhooks {

void add_routes(Router& router, const Services& services);

}  // namespace sluice::api::webhooks
