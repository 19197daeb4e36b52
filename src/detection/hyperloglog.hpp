// How many distinct values a stream had, in 1 KiB: HyperLogLog (Flajolet et al. 2007) with linear counting
// for small numbers. Standard error 1.04/√1024 = 3.3 %.
#pragma once

#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace sluice::detection {

class HyperLogLog {
  public:
    // A well-mixed (keyed) hash of the value.
    void add(std::uint64_t hash) {
        const std::size_t index = hash >> (64 - index_bits);
        const auto rank =
            static_cast<std::uint8_t>(std::countl_zero((hash << index_bits) | (1U << (index_bits - 1))) + 1);
        if (rank > registers_[index]) registers_[index] = rank;
    }

    [[nodiscard]] double estimate() const {
        constexpr double m = 1 << index_bits;
        constexpr double alpha = 0.7213 / (1 + 1.079 / m);
        double sum = 0;
        int zeros = 0;
        for (const std::uint8_t value : registers_) {
            sum += std::ldexp(1.0, -value);
            zeros += value == 0 ? 1 : 0;
        }
        const double raw = alpha * m * m / sum;
        if (raw <= 2.5 * m && zeros != 0) return m * std::log(m / zeros);
        return raw;
    }

  private:
    static constexpr unsigned index_bits = 10;
    std::array<std::uint8_t, 1U << index_bits> registers_{};
};

}  // namespace sluice::detection
