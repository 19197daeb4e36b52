// How much of something may pass; a token bucket's rate.
#pragma once

#include <cstdint>

namespace sluice::model {

struct RateLimit {
    std::uint64_t packets_per_s = 0;  // 0: no limit
    std::uint64_t bits_per_s = 0;     // 0: no limit

    bool operator==(const RateLimit&) const = default;
};

}  // namespace sluice::model
