// Decodes NetFlow v5 and v9, IPFIX and sFlow v5, told apart by their version words, into flow records.
//
// Templates, sampling and sequence numbers are kept per exporter address and observation domain. One decoder
// belongs to one thread and shares nothing; statistics() may be read by any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "model/flow_record.hpp"
#include "net/address.hpp"
#include "telemetry/datagram.hpp"
#include "telemetry/decoder_config.hpp"
#include "telemetry/record_sink.hpp"
#include "telemetry/statistics.hpp"

namespace sluice::telemetry {

// One observation domain as it stands, for people.
struct DomainStatus {
    net::Address exporter;
    model::FlowSource protocol = model::FlowSource::netflow_v5;
    std::uint32_t domain = 0;
    std::uint64_t datagrams = 0;
    std::uint64_t records = 0;
    std::uint64_t missing = 0;  // by sequence numbers, in the protocol's own unit
    std::uint64_t restarts = 0;
    std::uint32_t sampling = 1;  // the domain's default, as now in force
    std::size_t templates = 0;
    base::Instant last_seen{};
};

class FlowDecoder {
  public:
    struct Dependencies {
        base::Random& random;  // keys the table of exporters, which forged senders could aim at otherwise
    };

    // The configuration must be valid.
    FlowDecoder(DecoderConfig config, Dependencies dependencies);
    ~FlowDecoder();
    FlowDecoder(FlowDecoder&&) noexcept;
    FlowDecoder& operator=(FlowDecoder&&) noexcept;

    // Hands the datagram's records to the sink before it returns. Never fails: what cannot be counted is
    // counted as lost, with its reason.
    void decode(const Datagram& datagram, RecordSink& sink);

    // Lets templates and waiting data expire; call it about once a second.
    void tick(base::Instant now);

    [[nodiscard]] const DecoderStatistics& statistics() const;
    // On the decoder's own thread only.
    [[nodiscard]] std::vector<DomainStatus> domains() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace sluice::telemetry
