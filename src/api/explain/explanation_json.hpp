// An explanation as the API and `sluice explain --json` show it. Only for .cpp files.
#pragma once

#include <vector>

#include "api/explain/table_use.hpp"
#include "api/json.hpp"
#include "dataplane/explain/explanation.hpp"

namespace sluice::api::explain {

[[nodiscard]] Json to_json(const dataplane::explain::Explanation& explanation);
[[nodiscard]] Json to_json(const std::vector<TableUse>& tables);

}  // namespace sluice::api::explain
