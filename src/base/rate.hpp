// Rates as configuration and people write them: "20 kpps", "1.5 Gbps", "300 Mbps".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace sluice::base {

enum class RateUnit : std::uint8_t { packets_per_s, bits_per_s, flows_per_s };

// "20 kpps" → 20000. The unit is obligatory ("pps", "bps" or "fps" with k, M, G, T, powers of 1000).
[[nodiscard]] Result<std::uint64_t> parse_rate(std::string_view text, RateUnit unit);
// 20000 → "20 kpps", 1480000000 → "1.48 Gbps"
[[nodiscard]] std::string format_rate(std::uint64_t value, RateUnit unit);

}  // namespace sluice::base
