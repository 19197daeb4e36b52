#include "telemetry/decoder_state.hpp"

namespace sluice::telemetry {

void DecoderState::follow(Domain& domain, Stream& stream, LossReason gap, std::uint32_t first,
                          std::uint32_t units, bool units_known, bool restarted) {
    const SequenceStep step = stream.sequence.observe(first, units, units_known, restarted);
    Tally& lost = statistics.lost[static_cast<std::size_t>(gap)];
    if (step.missing > 0) lost.add(step.missing);
    if (step.recovered > 0) lost.subtract(step.recovered);
    if (step.late) statistics.reordered.add();
    if (step.restarted) {
        statistics.restarts.add();
        ++domain.restarts;
    }
}

bool uptime_restarted(Stream& stream, std::uint32_t uptime_ms) {
    constexpr std::uint32_t reordering_ms = 10'000;
    const std::uint32_t last = stream.last_uptime;
    stream.last_uptime = uptime_ms;
    if (last == 0 || uptime_ms >= last || last - uptime_ms < reordering_ms) return false;
    const bool wrapped = last > 0xffffffffU - 600'000U && uptime_ms < 600'000U;
    return !wrapped;
}

model::FlowRecord blank_record(const Domain& domain, base::Timestamp at) {
    model::FlowRecord record;
    record.exporter = domain.key.exporter;
    record.observation_domain = domain.key.domain;
    record.reported_by = domain.key.protocol;
    record.sampling = domain.rate();
    record.first_at = record.last_at = at;
    return record;
}

}  // namespace sluice::telemetry
