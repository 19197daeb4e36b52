// An explanation as the API and `sluice explain --json` show it. Only for .cpp files.
#pragma once

#include "api/json.hpp"
#include "dataplane/explain/explanation.hpp"

namespace sluice::api::explain {

[[nodiscard]] Json to_json(const dataplane::explain::Explanation& explanation);

}  // namespace sluice::api::explain
