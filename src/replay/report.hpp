// A replay's result for people (text) and for programs (JSON).
#pragma once

#include <string>

#include "replay/replay.hpp"

namespace sluice::replay {

[[nodiscard]] std::string to_text(const ReplayResult& result);

// {"capture": {…}, "attacks": [{"target", "vectors", "first_evidence_at", "detected_at", "diverted_at",
// "live": {…},
//  "in_force": {"in", "passed", "dropped", "answered", "stopped", "rules": [{"stage", "reason", "rule",
//  "packets"}]}}], "timeline": […]}. Times are RFC 3339; counts are packets unless their name says bytes.
[[nodiscard]] std::string to_json(const ReplayResult& result);

}  // namespace sluice::replay
