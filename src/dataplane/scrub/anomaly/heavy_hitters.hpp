// The keys that come most often, in a fixed amount of memory (Space-Saving: Metwally, Agrawal, El Abbadi,
// 2005): a key without a counter takes over the lowest one, and remembers as its error what that had counted.
// What a key has for certain is its count less its error; each that makes more than 1/ways of its set's
// traffic has a counter.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace sluice::dataplane::scrub::anomaly {

template <std::size_t sets, std::size_t ways, class Extra>
class HeavyHitters {
    static_assert((sets & (sets - 1)) == 0);

  public:
    struct Counter {
        std::uint64_t key = 0;
        std::uint32_t count = 0;
        std::uint32_t error = 0;
        Extra extra{};  // whatever belongs to the key

        [[nodiscard]] std::uint32_t certain() const { return count - error; }
    };

    // `key` is spread over all its bits (a hash). An Extra that is known already may merge() what comes.
    void add(std::uint64_t key, const Extra& extra) {
        Counter* const set = counters_.data() + ((key >> 32U) & (sets - 1)) * ways;
        Counter* least = set;
        for (Counter* counter = set; counter != set + ways; ++counter) {
            if (counter->key == key && counter->count != 0) {
                ++counter->count;
                if constexpr (requires { counter->extra.merge(extra); }) counter->extra.merge(extra);
                return;
            }
            if (counter->count < least->count) least = counter;
        }
        *least = {key, least->count + 1, least->count, extra};
    }
    void clear() { counters_.fill({}); }

    [[nodiscard]] const Counter* begin() const { return counters_.data(); }
    [[nodiscard]] const Counter* end() const { return counters_.data() + counters_.size(); }

  private:
    std::array<Counter, sets * ways> counters_{};
};

}  // namespace sluice::dataplane::scrub::anomaly
