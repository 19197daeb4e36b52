// Seeded choices of a test that tries many things.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/random.hpp"

namespace sluice::integration {

class Chance {
  public:
    explicit Chance(std::uint64_t seed) : random_(seed) {}
    std::size_t below(std::size_t n) { return static_cast<std::size_t>(random_.next() % n); }
    bool percent(unsigned p) { return below(100) < p; }
    template <class Array>
    auto& of(Array& array) {
        return array[below(array.size())];
    }

  private:
    base::SeededRandom random_;
};

}  // namespace sluice::integration
