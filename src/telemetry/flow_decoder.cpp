#include "telemetry/flow_decoder.hpp"

#include <utility>

#include "telemetry/decoder_state.hpp"

namespace sluice::telemetry {
namespace {

struct Protocol {
    std::uint16_t first_word;  // sFlow's version is 32 bits, so its first word is 0
    model::FlowSource source;
    void (*decode)(DecoderState&, const Datagram&, RecordSink&);
};

constexpr Protocol protocols[] = {
    {9, model::FlowSource::netflow_v9, decode_netflow_v9},
    {10, model::FlowSource::ipfix, decode_ipfix},
    {5, model::FlowSource::netflow_v5, decode_netflow_v5},
    {0, model::FlowSource::sflow, decode_sflow},
};

}  // namespace

struct FlowDecoder::State : DecoderState {
    using DecoderState::DecoderState;
};

FlowDecoder::FlowDecoder(DecoderConfig config, Dependencies dependencies)
    : state_(std::make_unique<State>(std::move(config), dependencies.random.next())) {}
FlowDecoder::~FlowDecoder() = default;
FlowDecoder::FlowDecoder(FlowDecoder&&) noexcept = default;
FlowDecoder& FlowDecoder::operator=(FlowDecoder&&) noexcept = default;

void FlowDecoder::decode(const Datagram& datagram, RecordSink& sink) {
    DecoderStatistics& statistics = state_->statistics;
    statistics.bytes.add(datagram.payload.size());
    if (datagram.payload.size() < 4) return statistics.lose(LossReason::header_malformed);
    const auto word = static_cast<std::uint16_t>(datagram.payload[0] << 8U | datagram.payload[1]);
    for (const Protocol& protocol : protocols) {
        if (protocol.first_word != word) continue;
        statistics.datagrams[static_cast<std::size_t>(protocol.source)].add();
        return protocol.decode(*state_, datagram, sink);
    }
    statistics.lose(LossReason::version_unknown);
}

void FlowDecoder::tick(base::Instant now) {
    state_->exporters.expire(now);
}

const DecoderStatistics& FlowDecoder::statistics() const {
    return state_->statistics;
}

std::vector<DomainStatus> FlowDecoder::domains() const {
    std::vector<DomainStatus> all;
    state_->exporters.visit([&](const Domain& domain) {
        all.push_back(DomainStatus{domain.key.exporter, domain.key.protocol, domain.key.domain,
                                   domain.datagrams, domain.records, domain.missing(), domain.restarts,
                                   domain.rate(), domain.templates.size(), domain.last_seen});
    });
    return all;
}

}  // namespace sluice::telemetry
