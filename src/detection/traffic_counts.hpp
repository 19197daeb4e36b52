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
    ClassMask mask = 0;             // classes that are not zero
    double unseen_packets = 0;      // Σ packets · (sampling − 1): what the error of sampling comes from
    double gathered_packet_ms = 0;  // Σ packets · interval that their report covers (exporter_rhythm.hpp)
    base::Timestamp first_at = base::Timestamp::max();  // the earliest record's beginning
    std::array<PacketsBytes, class_count> classes{};

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
        add_circumstances(other.unseen_packets, other.gathered_packet_ms, other.first_at);
    }
    void add_circumstances(double unseen, double gathered, base::Timestamp first) {
        unseen_packets += unseen;
        gathered_packet_ms += gathered;
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
        unseen_packets = gathered_packet_ms = 0;
        first_at = base::Timestamp::max();
    }
};

}  // namespace sluice::detection
