// Mitigations and their counters as the API shows them. Only for .cpp files.
#pragma once

#include <optional>

#include "api/json.hpp"
#include "api/services.hpp"
#include "api/system/platform_health.hpp"
#include "model/mitigation.hpp"

namespace sluice::api::mitigations {

[[nodiscard]] Json summary_json(const model::Mitigation& mitigation, const Services& services);
[[nodiscard]] Json detail_json(const model::Mitigation& mitigation,
                               const std::optional<system::MitigationCounters>& counters,
                               const Services& services);

}  // namespace sluice::api::mitigations
