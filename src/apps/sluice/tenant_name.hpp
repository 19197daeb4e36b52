// What --tenant names.
#pragma once

#include <string>

#include "apps/sluice/rest_client.hpp"
#include "base/result.hpp"

namespace sluice::apps::sluice {

// The tenant's id, by its slug or its id.
[[nodiscard]] base::Result<std::string> tenant_id(const RestClient& client, const std::string& name);

}  // namespace sluice::apps::sluice
