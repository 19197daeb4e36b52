// Coarse time for what lives seconds to hours: 32 bits in steps of a quarter of a second, enough for 34
// years. Only differences below 17 years mean anything.
#pragma once

#include <algorithm>
#include <cstdint>

namespace sluice::dataplane {

using CoarseTime = std::uint32_t;
inline constexpr std::uint64_t coarse_step_ns = 250'000'000;

[[nodiscard]] constexpr CoarseTime coarse_time(std::uint64_t ns) {
    return static_cast<CoarseTime>(ns / coarse_step_ns);
}
// At least one step, at most eight years.
[[nodiscard]] constexpr CoarseTime coarse_duration(std::uint32_t seconds) {
    return std::clamp<std::uint32_t>(seconds, 1, 1U << 28U) * 4;
}
[[nodiscard]] constexpr bool is_after(CoarseTime a, CoarseTime b) {
    return static_cast<std::int32_t>(a - b) > 0;
}

}  // namespace sluice::dataplane
