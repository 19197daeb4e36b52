#include "mitigation/target_traffic.hpp"

namespace sluice::mitigation {
namespace {

double seconds_of(base::Duration time) {
    return std::chrono::duration<double>(time).count();
}

model::TrafficRate rate(const model::PacketCount& from, const model::PacketCount& to, double seconds) {
    return {static_cast<std::uint64_t>(static_cast<double>(to.packets - from.packets) / seconds),
            static_cast<std::uint64_t>(static_cast<double>(to.bytes - from.bytes) * 8 / seconds)};
}

void grow(model::TrafficRate& sum, const model::TrafficRate& more) {
    sum.packets_per_s += more.packets_per_s;
    sum.bits_per_s += more.bits_per_s;
}

bool went_back(const model::PacketCount& from, const model::PacketCount& to) {
    return to.packets < from.packets || to.bytes < from.bytes;
}

}  // namespace

void TargetTraffic::add(const model::GatewayReport& report, base::Instant now) {
    for (const auto& counters : report.targets) {
        const auto target = targets_.find(counters.mitigation);
        if (target == targets_.end()) continue;
        if (target->second.size() >= max_gateways && !target->second.contains(report.name)) continue;
        auto& source = target->second[report.name];
        const Sample sample{now, counters.in, counters.passed, counters.verified_in,
                            counters.verified_dropped};
        auto& samples = source.samples;
        const bool another_life =
            source.started_at != report.started_at ||
            (!samples.empty() &&
             (went_back(samples.back().in, sample.in) || went_back(samples.back().passed, sample.passed) ||
              went_back(samples.back().verified_in, sample.verified_in) ||
              went_back(samples.back().verified_dropped, sample.verified_dropped)));
        if (another_life) samples.clear();
        source.started_at = report.started_at;
        samples.push_back(sample);
        while (samples.size() > 2 && now - samples[1].at >= window) samples.pop_front();
    }
}

std::optional<GuardedTraffic> TargetTraffic::of(model::MitigationId id, base::Instant now) const {
    const auto target = targets_.find(id);
    if (target == targets_.end()) return std::nullopt;
    std::optional<GuardedTraffic> sum;
    std::uint64_t verified = 0;
    std::uint64_t lost = 0;
    for (const auto& [name, source] : target->second) {
        if (source.samples.size() < 2) continue;
        const auto& first = source.samples.front();
        const auto& last = source.samples.back();
        const double seconds = seconds_of(last.at - first.at);
        if (now - last.at > silent_after || seconds <= 0) continue;
        if (!sum) sum.emplace();
        grow(sum->received, rate(first.in, last.in, seconds));
        grow(sum->passed, rate(first.passed, last.passed, seconds));
        verified += last.verified_in.packets - first.verified_in.packets;
        lost += last.verified_dropped.packets - first.verified_dropped.packets;
    }
    if (sum && verified > 0) sum->verified_loss = static_cast<double>(lost) / static_cast<double>(verified);
    return sum;
}

}  // namespace sluice::mitigation
