// The policy of all tenants as one YAML document: read, plan, apply.
#pragma once

#include "api/router.hpp"
#include "api/services.hpp"

namespace sluice::api::policy {

void add_routes(Router& router, const Services& services);

}  // namespace sluice::api::policy
