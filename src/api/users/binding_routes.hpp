// Who is logged in at which of a customer's addresses.
#pragma once

#include "api/router.hpp"

namespace sluice::api::users {

void add_binding_routes(Router& router, const Services& services);

}  // namespace sluice::api::users
