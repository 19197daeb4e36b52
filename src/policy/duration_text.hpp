// Durations as people write them: "500 ms", "10 s", "5 min", "2 h", "7 d".
#pragma once

#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/result.hpp"

namespace sluice::policy {

// The unit is obligatory; at most ten years.
[[nodiscard]] base::Result<base::Duration> parse_duration(std::string_view text);
// In the largest unit that divides it: 300 s → "5 min".
[[nodiscard]] std::string format_duration(base::Duration duration);

}  // namespace sluice::policy
