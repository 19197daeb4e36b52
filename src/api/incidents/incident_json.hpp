// Incidents and their evidence as the API shows them. Only for .cpp files.
#pragma once

#include <vector>

#include "api/json.hpp"
#include "api/services.hpp"
#include "model/finding.hpp"
#include "model/incident.hpp"
#include "model/mitigation.hpp"

namespace sluice::api::incidents {

[[nodiscard]] Json to_json(const model::TrafficRate& rate);
[[nodiscard]] Json to_json(const model::Finding& finding);
[[nodiscard]] Json to_json(const model::IncidentEntry& entry);
// `mitigations`: all of this incident.
[[nodiscard]] Json summary_json(const model::Incident& incident,
                                const std::vector<model::Mitigation>& mitigations, const Services& services);
[[nodiscard]] Json detail_json(const model::Incident& incident,
                               const std::vector<model::Mitigation>& mitigations, const Services& services);
[[nodiscard]] std::string_view state_name(model::IncidentState state);

// Traffic of the attacked scope at the last report; zero when it is over.
[[nodiscard]] model::TrafficRate current_rate(const model::Incident& incident);

}  // namespace sluice::api::incidents
