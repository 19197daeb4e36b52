// Wall time and the workers' clock at one moment: filters expire and rules have schedules by the one, and
// workers know the other.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/clock.hpp"

namespace sluice::dataplane {

struct TimePair {
    base::Timestamp wall{};
    std::uint64_t worker_ns = 0;

    [[nodiscard]] std::uint64_t unix_seconds(std::uint64_t now_ns) const {
        const std::int64_t wall_ns =
            wall.time_since_epoch().count() + static_cast<std::int64_t>(now_ns - worker_ns);
        return static_cast<std::uint64_t>(std::max<std::int64_t>(0, wall_ns)) / 1'000'000'000U;
    }
};

}  // namespace sluice::dataplane
