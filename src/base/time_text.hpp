// Wall time as text: RFC 3339 in UTC with milliseconds ("2026-11-21T09:44:15.250Z").
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace sluice::base {

[[nodiscard]] std::string to_rfc3339(Timestamp time);
[[nodiscard]] std::optional<Timestamp> parse_rfc3339(std::string_view text);

}  // namespace sluice::base
