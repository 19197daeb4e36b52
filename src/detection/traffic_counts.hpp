// Packets and bytes by traffic class over one tick, scaled by the sampling rates.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

#include "base/clock.hpp"
#include "detection/traffic_class.hpp"

namespace sluice::detection {

struct PacketsBytes {
    std::uint64_t packets = 0;
    std::uint64_t bytes = 0;
};

// Calls `visit(class index)` for each class of the mask.
template <class Visit>
inline void for_each_class(ClassMask mask, Visit visit) {
    for (; mask != 0; mask &= mask - 1) visit(static_cast<unsigned>(std::countr_zero(mask)));
}

struct TrafficCounts {
    std::array<PacketsBytes, class_count> classes{};
    ClassMask mask = 0;          // classes that are not zero
    std::uint32_t sampling = 1;  // the highest rate among the records
    std::uint32_t gap_ms = 0;    // the longest interval that the records cover (exporter_rhythm.hpp)
    base::Timestamp first_at = base::Timestamp::max();  // the earliest record's beginning

    void add(unsigned traffic_class, std::uint64_t packets, std::uint64_t bytes) {
        classes[traffic_class].packets += packets;
        classes[traffic_class].bytes += bytes;
        mask |= ClassMask{1} << traffic_class;
    }
    void add(const TrafficCounts& other) {
        for_each_class(other.mask, [&](unsigned i) {
            classes[i].packets += other.classes[i].packets;
            classes[i].bytes += other.classes[i].bytes;
        });
        mask |= other.mask;
        add_circumstances(other.sampling, other.gap_ms, other.first_at);
    }
    void add_circumstances(std::uint32_t rate, std::uint32_t gap, base::Timestamp first) {
        sampling = std::max(sampling, rate);
        gap_ms = std::max(gap_ms, gap);
        first_at = std::min(first_at, first);
    }
    [[nodiscard]] PacketsBytes total() const {
        PacketsBytes sum;
        for_each_class(mask, [&](unsigned i) {
            sum.packets += classes[i].packets;
            sum.bytes += classes[i].bytes;
        });
        return sum;
    }
    void clear() {
        for_each_class(mask, [&](unsigned i) { classes[i] = {}; });
        mask = 0;
        sampling = 1;
        gap_ms = 0;
        first_at = base::Timestamp::max();
    }
};

}  // namespace sluice::detection
