// The whole table of routes.
#pragma once

#include "api/router.hpp"
#include "api/services.hpp"

namespace sluice::api {

[[nodiscard]] Router all_routes(const Services& services);

}  // namespace sluice::api
