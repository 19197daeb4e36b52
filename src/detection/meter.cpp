#include "detection/meter.hpp"

#include <algorithm>

namespace sluice::detection {
namespace {

constexpr base::Duration usual_time_constant = std::chrono::seconds(60);
constexpr base::Duration usual_interval = std::chrono::seconds(1);
// A run above the usual level ends when no tick was above it for so long.
constexpr base::Duration rise_pause = std::chrono::seconds(1);
constexpr float forgotten_packets_per_s = 0.01F;

// How much of what is usual an interval makes up.
float part_of_usual(base::Duration interval) {
    return -std::expm1(
        -static_cast<float>(RateFilter::seconds(interval) / RateFilter::seconds(usual_time_constant)));
}

}  // namespace

void Meter::advance(const TickTime& tick, const RateFilter& filter) {
    const base::Duration elapsed = tick.now - updated_;
    if (elapsed.count() == 0) return;
    const float decay = elapsed == tick.length ? tick.decay : filter.decay(elapsed);
    for_each_class(rates_.mask, [&](unsigned i) {
        Rate& rate = rates_.classes[i];
        rate.packets *= decay;
        rate.bytes *= decay;
        if (rate.packets < forgotten_packets_per_s) {
            rate = {};
            rates_.mask &= ~(ClassMask{1} << i);
        }
    });
    unseen_ *= decay;
    updated_ = tick.now;
}

void Meter::add(const TrafficCounts& counts, const TickTime& tick, const RateFilter& filter, Rate notable) {
    advance(tick, filter);
    base::Duration covered = tick.length;
    float weight = tick.weight;
    const PacketsBytes total = counts.total();
    // The mean over the packets: a burst of one exporter among the steady streams of others weighs what it
    // is.
    if (counts.gathered_packet_ms > 0 && total.packets > 0) {
        const double gap_ms = counts.gathered_packet_ms / static_cast<double>(total.packets);
        const base::Duration gap{static_cast<std::int64_t>(gap_ms * 1e6)};
        if (gap > covered) {
            covered = gap;
            weight = filter.weight(gap);
        }
    }
    note_rise(counts.first_at, total, tick, covered, notable);
    for_each_class(counts.mask, [&](unsigned i) {
        rates_.classes[i].packets += static_cast<float>(counts.classes[i].packets) * weight;
        rates_.classes[i].bytes += static_cast<float>(counts.classes[i].bytes) * weight;
    });
    rates_.mask |= counts.mask;
    unseen_ += static_cast<float>(counts.unseen_packets) * weight;
}

void Meter::note_rise(base::Timestamp first_at, const PacketsBytes& total, const TickTime& tick,
                      base::Duration covered, Rate notable) {
    const auto seconds = static_cast<float>(RateFilter::seconds(covered));
    const bool above =
        static_cast<float>(total.packets) > (2 * usual_sum_.packets + notable.packets) * seconds ||
        static_cast<float>(total.bytes) > (2 * usual_sum_.bytes + notable.bytes) * seconds;
    const bool in_run = risen_at_ != base::Timestamp{} && tick.now - risen_last_ <= rise_pause;
    if (above) {
        if (!in_run) risen_at_ = first_at;
        risen_last_ = tick.now;
    } else if (!in_run) {
        risen_at_ = {};
    }
}

void Meter::learn_usual(const TickTime& tick, const Rates& present) {
    if (usual_updated_ == base::Instant{}) usual_updated_ = tick.now;
    const base::Duration elapsed = tick.now - usual_updated_;
    if (elapsed < usual_interval) return;
    usual_updated_ = tick.now;
    // The present speaks for itself; before it there was nothing.
    const base::Duration present_lasts = std::min(elapsed, 2 * usual_interval);
    const float share = part_of_usual(present_lasts);
    const float kept = 1 - part_of_usual(elapsed - present_lasts);
    usual_sum_ = {};
    for_each_class(usual_.mask | present.mask, [&](unsigned i) {
        Rate& usual = usual_.classes[i];
        usual.packets = kept * usual.packets * (1 - share) + present.classes[i].packets * share;
        usual.bytes = kept * usual.bytes * (1 - share) + present.classes[i].bytes * share;
        usual_sum_.packets += usual.packets;
        usual_sum_.bytes += usual.bytes;
    });
    usual_.mask |= present.mask;
}

}  // namespace sluice::detection
