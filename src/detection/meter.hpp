// The rates of one host, prefix or tenant in one direction, by traffic class, and what they usually are.
#pragma once

#include <array>
#include <cstdint>

#include "base/clock.hpp"
#include "detection/rate_filter.hpp"
#include "detection/traffic_counts.hpp"

namespace sluice::detection {

// A second.
struct Rate {
    float packets = 0;
    float bytes = 0;
};

struct Rates {
    ClassMask mask = 0;  // classes that may not be zero
    std::array<Rate, class_count> classes{};

    [[nodiscard]] Rate sum(ClassMask wanted = all_classes) const {
        Rate sum;
        for_each_class(wanted & mask, [&](unsigned i) {
            sum.packets += classes[i].packets;
            sum.bytes += classes[i].bytes;
        });
        return sum;
    }
    void add(const Rates& other) {
        for_each_class(other.mask, [&](unsigned i) {
            classes[i].packets += other.classes[i].packets;
            classes[i].bytes += other.classes[i].bytes;
        });
        mask |= other.mask;
    }
    // Never below zero.
    void subtract(const Rates& other) {
        for_each_class(other.mask & mask, [&](unsigned i) {
            classes[i].packets = std::max(0.0F, classes[i].packets - other.classes[i].packets);
            classes[i].bytes = std::max(0.0F, classes[i].bytes - other.classes[i].bytes);
        });
    }
};

// The tick that meters are brought up to.
struct TickTime {
    base::Instant now{};
    base::Timestamp wall{};
    base::Duration length{};  // since the tick before
    float decay = 0;          // RateFilter::decay(length)
    float weight = 0;         // RateFilter::weight(length)
};

// All zero bytes are a meter that has seen nothing.
class Meter {
  public:
    // Adds what the tick counted. `notable`: rates below it never count as a rise.
    void add(const TrafficCounts& counts, const TickTime& tick, const RateFilter& filter, Rate notable);
    // Brings the rates to the tick's end without traffic.
    void advance(const TickTime& tick, const RateFilter& filter);
    // Learns what is usual from the present rates, at most once a second. Not to be called while an attack
    // goes on.
    void learn_usual(const TickTime& tick, const Rates& present);

    [[nodiscard]] const Rates& rates() const { return rates_; }
    // Over about a minute without attacks.
    [[nodiscard]] const Rates& usual() const { return usual_; }
    // One in how many packets is seen, on average; 1 when all are.
    [[nodiscard]] float sampling() const {
        const float packets = rates_.sum().packets;
        return packets > 0 ? 1 + unseen_ / packets : 1;
    }
    // When the present run above the usual level began, by the records' own time; the epoch when there is
    // none.
    [[nodiscard]] base::Timestamp risen_at() const { return risen_at_; }
    [[nodiscard]] base::Instant updated() const { return updated_; }

  private:
    void note_rise(base::Timestamp first_at, const PacketsBytes& total, const TickTime& tick,
                   base::Duration covered, Rate notable);

    // What every tick touches comes first: with a host's header it fills two cache lines.
    base::Instant updated_{};
    base::Instant usual_updated_{};
    base::Instant risen_last_{};
    base::Timestamp risen_at_{};
    Rate usual_sum_;
    float unseen_ = 0;  // Σ packets · (sampling − 1), a second
    Rates rates_;
    Rates usual_;
};

}  // namespace sluice::detection
