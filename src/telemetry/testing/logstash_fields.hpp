// The field names of logstash-codec-netflow's expected output: those that Sluice models, and those that it
// does not.
#pragma once

#include <span>

#include "telemetry/testing/expected_fields.hpp"

namespace sluice::telemetry::testing {

[[nodiscard]] std::span<const ModelledField> logstash_modelled();
[[nodiscard]] std::span<const UnmodelledField> logstash_unmodelled();
// Fields that only data about a flow has: an event without any is options data.
[[nodiscard]] bool is_flow(const nlohmann::json& event);

}  // namespace sluice::telemetry::testing
