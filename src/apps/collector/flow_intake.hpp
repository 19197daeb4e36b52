// What one receiving thread does with its datagrams: decode, and count the records.
#pragma once

#include <optional>

#include "detection/ingest.hpp"
#include "telemetry/datagram_source.hpp"
#include "telemetry/flow_decoder.hpp"
#include "telemetry/record_sink.hpp"

namespace sluice::apps::collector {

class FlowIntake final : public telemetry::DatagramHandler, private telemetry::RecordSink {
  public:
    FlowIntake(const telemetry::DecoderConfig& config, base::Random& random, detection::Ingest& ingest,
               std::optional<int> core)
        : decoder_(config, {random}), ingest_(ingest), core_(core) {}

    // Any thread.
    [[nodiscard]] const telemetry::DecoderStatistics& statistics() const { return decoder_.statistics(); }

  private:
    void on_datagrams(std::span<const telemetry::Datagram> datagrams) override;
    void on_tick(base::Instant now) override;
    void on_records(std::span<const model::FlowRecord> records) override { ingest_.add(records); }
    void pin();

    telemetry::FlowDecoder decoder_;
    detection::Ingest& ingest_;
    std::optional<int> core_;  // until the thread sits there
    base::Instant ticked_last_{};
};

}  // namespace sluice::apps::collector
