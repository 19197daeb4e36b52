// Mitigations: what is in force and proposed, and what people decide about it.
#pragma once

#include "api/router.hpp"
#include "api/services.hpp"

namespace sluice::api::mitigations {

void add_routes(Router& router, const Services& services);

}  // namespace sluice::api::mitigations
