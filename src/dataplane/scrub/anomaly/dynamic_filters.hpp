// Filters that the anomaly stage has made for one target: a bounded number of keys of one kind, each for a
// while.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "dataplane/coarse_time.hpp"

namespace sluice::dataplane::scrub::anomaly {

template <std::size_t places, class Extra>
class DynamicFilters {
    static_assert((places & (places - 1)) == 0);

  public:
    struct Filter {
        std::uint64_t key = 0;
        CoarseTime until = 0;  // 0: free
        Extra extra{};
    };

    // The filter that has the key, or nullptr. `key` is spread over all its bits.
    [[nodiscard]] const Filter* find(std::uint64_t key, CoarseTime now) const {
        for (std::size_t n = 0; n < probes; ++n) {
            const Filter& filter = filters_[(key + n) & (places - 1)];
            if (filter.key == key && is_alive(filter, now)) return &filter;
        }
        return nullptr;
    }
    // A new one, or a longer life for the one that is there. False when there is no place.
    bool put(std::uint64_t key, const Extra& extra, CoarseTime now, CoarseTime until) {
        Filter* place = nullptr;
        for (std::size_t n = 0; n < probes; ++n) {
            Filter& filter = filters_[(key + n) & (places - 1)];
            if (filter.key == key && is_alive(filter, now)) {
                filter.until = until;
                return true;
            }
            if (place == nullptr && !is_alive(filter, now)) place = &filter;
        }
        if (place == nullptr) return false;
        *place = {key, until, extra};
        return true;
    }
    [[nodiscard]] std::size_t alive(CoarseTime now) const {
        std::size_t count = 0;
        for (const Filter& filter : filters_) count += is_alive(filter, now) ? 1 : 0;
        return count;
    }
    [[nodiscard]] std::size_t number_of(const Filter* filter) const {
        return static_cast<std::size_t>(filter - filters_.data());
    }
    [[nodiscard]] const Filter& at(std::size_t number) const { return filters_[number]; }

  private:
    static constexpr std::size_t probes = places < 8 ? places : 8;
    [[nodiscard]] static bool is_alive(const Filter& filter, CoarseTime now) {
        return filter.until != 0 && is_after(filter.until, now);
    }

    std::array<Filter, places> filters_{};
};

}  // namespace sluice::dataplane::scrub::anomaly
