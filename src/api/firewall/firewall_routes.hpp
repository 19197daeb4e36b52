// GET /tenants/{tenant_id}/firewall: the customer's firewall as it is in force, in sentences, and how it is
// used.
#pragma once

#include "api/router.hpp"

namespace sluice::api::firewall {

void add_routes(Router& router, const Services& services);

}  // namespace sluice::api::firewall
