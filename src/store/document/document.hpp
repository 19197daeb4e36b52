// Incidents, mitigations and protections as JSON texts, for stores that keep whole objects. What was written
// by an older version reads with defaults; what does not make sense is `corrupt`.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "model/incident.hpp"
#include "model/mitigation.hpp"
#include "model/tenant_policy.hpp"

namespace sluice::store::document {

[[nodiscard]] std::string write(const model::Incident& incident);
[[nodiscard]] base::Result<model::Incident> read_incident(std::string_view text);

[[nodiscard]] std::string write(const model::Mitigation& mitigation);
[[nodiscard]] base::Result<model::Mitigation> read_mitigation(std::string_view text);

[[nodiscard]] std::string write(const model::ProtectionPolicy& protection);
[[nodiscard]] base::Result<model::ProtectionPolicy> read_protection(std::string_view text);

}  // namespace sluice::store::document
