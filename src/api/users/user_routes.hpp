// Users, passwords and API tokens.
#pragma once

#include "api/router.hpp"
#include "api/services.hpp"

namespace sluice::api::users {

void add_routes(Router& router, const Services& services);

}  // namespace sluice::api::users
