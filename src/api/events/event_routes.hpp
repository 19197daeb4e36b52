// What happens, as it happens: the list and the stream.
#pragma once

#include "api/router.hpp"
#include "api/services.hpp"

namespace sluice::api::events {

void add_routes(Router& router, const Services& services);

}  // namespace sluice::api::events
