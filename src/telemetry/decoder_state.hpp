// What the protocol decoders of one FlowDecoder share: settings, counters, exporters, and the batch on its
// way to the sink.
#pragma once

#include <cstdint>
#include <utility>

#include "telemetry/datagram.hpp"
#include "telemetry/decoder_config.hpp"
#include "telemetry/exporter_table.hpp"
#include "telemetry/record_batch.hpp"
#include "telemetry/record_sink.hpp"
#include "telemetry/statistics.hpp"

namespace sluice::telemetry {

struct DecoderState {
    DecoderState(DecoderConfig settings, std::uint64_t seed)
        : config(std::move(settings)), exporters(config, statistics, seed) {}

    // Takes note of what a datagram's sequence number tells. `restarted`: its uptime says that the exporter
    // started anew.
    void follow(Domain& domain, Stream& stream, LossReason gap, std::uint32_t first, std::uint32_t units,
                bool units_known, bool restarted);
    // Records handed to the sink, which the caller has written to the batch.
    void count_records(Domain& domain, std::uint64_t n) {
        domain.records += n;
        statistics.records[static_cast<std::size_t>(domain.key.protocol)].add(n);
    }

    DecoderConfig config;
    DecoderStatistics statistics;
    ExporterTable exporters;
    RecordBatch batch;
};

// True when the exporter's uptime (milliseconds) went back further than reordering explains: it started anew.
// A wrap after 49.7 days is none.
[[nodiscard]] bool uptime_restarted(Stream& stream, std::uint32_t uptime_ms);

// The record that all records of a message start from: its exporter, domain, times and rate.
[[nodiscard]] model::FlowRecord blank_record(const Domain& domain, base::Timestamp at);

// One decoder a protocol; each takes a datagram whose version has been seen.
void decode_netflow_v5(DecoderState& state, const Datagram& datagram, RecordSink& sink);
void decode_netflow_v9(DecoderState& state, const Datagram& datagram, RecordSink& sink);
void decode_ipfix(DecoderState& state, const Datagram& datagram, RecordSink& sink);
void decode_sflow(DecoderState& state, const Datagram& datagram, RecordSink& sink);

}  // namespace sluice::telemetry
