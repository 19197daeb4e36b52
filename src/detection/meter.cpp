#include "detection/meter.hpp"

#include <algorithm>

namespace sluice::detection {
namespace {

constexpr base::Duration usual_time_constant = std::chrono::seconds(60);
constexpr base::Duration usual_interval = std::chrono::seconds(1);
// A run above the usual level ends when no tick was above it for so long.
constexpr base::Duration rise_pause = std::chrono::seconds(1);
constexpr float forgotten_packets_per_s = 0.01F;
constexpr float sampling_forgets = 1.0F / 16;

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
    updated_ = tick.now;
}

void Meter::add(const TrafficCounts& counts, const TickTime& tick, const RateFilter& filter, Rate notable) {
    advance(tick, filter);
    base::Duration covered = tick.length;
    float weight = tick.weight;
    if (const base::Duration gap = std::chrono::milliseconds(counts.gap_ms); gap > covered) {
        covered = gap;
        weight = filter.weight(gap);
    }
    note_rise(counts, tick, covered, notable);
    for_each_class(counts.mask, [&](unsigned i) {
        rates_.classes[i].packets += static_cast<float>(counts.classes[i].packets) * weight;
        rates_.classes[i].bytes += static_cast<float>(counts.classes[i].bytes) * weight;
    });
    rates_.mask |= counts.mask;
    const auto sampling = static_cast<float>(counts.sampling);
    sampling_ = std::max(sampling, sampling_ + (sampling - sampling_) * sampling_forgets);
}

void Meter::note_rise(const TrafficCounts& counts, const TickTime& tick, base::Duration covered,
                      Rate notable) {
    const PacketsBytes total = counts.total();
    const auto seconds = static_cast<float>(RateFilter::seconds(covered));
    const bool above =
        static_cast<float>(total.packets) > (2 * usual_sum_.packets + notable.packets) * seconds ||
        static_cast<float>(total.bytes) > (2 * usual_sum_.bytes + notable.bytes) * seconds;
    const bool in_run = risen_at_ != base::Timestamp{} && tick.now - risen_last_ <= rise_pause;
    if (above) {
        if (!in_run) risen_at_ = counts.first_at;
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
    const float share = 1 - std::exp(-static_cast<float>(RateFilter::seconds(elapsed) /
                                                         RateFilter::seconds(usual_time_constant)));
    usual_sum_ = {};
    for_each_class(usual_.mask | present.mask, [&](unsigned i) {
        Rate& usual = usual_.classes[i];
        usual.packets += (present.classes[i].packets - usual.packets) * share;
        usual.bytes += (present.classes[i].bytes - usual.bytes) * share;
        usual_sum_.packets += usual.packets;
        usual_sum_.bytes += usual.bytes;
    });
    usual_.mask |= present.mask;
}

}  // namespace sluice::detection
