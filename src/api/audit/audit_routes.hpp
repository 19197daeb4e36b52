// Who changed what.
#pragma once

#include "api/router.hpp"
#include "api/services.hpp"

namespace sluice::api::audit {

void add_routes(Router& router, const Services& services);

}  // namespace sluice::api::audit
