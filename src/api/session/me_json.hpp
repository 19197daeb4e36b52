// The caller as he sees himself. Only for .cpp files.
#pragma once

#include "api/json.hpp"
#include "api/services.hpp"
#include "tenancy/authentication_service.hpp"

namespace sluice::api::session {

[[nodiscard]] Json me_json(const tenancy::Identity& identity, const Services& services);

}  // namespace sluice::api::session
