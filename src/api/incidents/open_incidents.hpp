// What goes on now, all pages of it.
#pragma once

#include <vector>

#include "api/problem.hpp"
#include "api/services.hpp"
#include "model/incident.hpp"
#include "model/mitigation.hpp"
#include "model/tenant_scope.hpp"

namespace sluice::api::incidents {

// Open ones, newest first, at most 10,000.
[[nodiscard]] Outcome<std::vector<model::Incident>> open_incidents(const Services& services,
                                                                   const model::TenantScope& scope);
// Proposed, active and cooling ones, newest first, at most 10,000.
[[nodiscard]] Outcome<std::vector<model::Mitigation>> live_mitigations(const Services& services,
                                                                       const model::TenantScope& scope);

}  // namespace sluice::api::incidents
