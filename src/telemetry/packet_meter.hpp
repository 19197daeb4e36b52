// Turns captured packets into flow records, one record a packet: for replayed captures and mirrored traffic.
// One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/clock.hpp"
#include "net/address.hpp"
#include "telemetry/packet_header.hpp"
#include "telemetry/record_batch.hpp"
#include "telemetry/record_sink.hpp"
#include "telemetry/statistics.hpp"

namespace sluice::telemetry {

struct CapturedPacket {
    std::span<const std::uint8_t> bytes;  // as captured, from the link layer on
    std::size_t wire_length = 0;          // may be longer than what was captured
    base::Timestamp at{};
    LinkLayer link = LinkLayer::ethernet;
    std::uint32_t interface = 0;  // becomes the record's input interface
};

class PacketMeter {
  public:
    struct Config {
        net::Address exporter;       // named in the records
        std::uint32_t sampling = 1;  // one in N packets is seen
    };

    PacketMeter(Config config, RecordSink& sink) : config_(config), sink_(sink) {}

    // Records reach the sink in batches: when a batch is full and on flush().
    void meter(const CapturedPacket& packet);
    void flush() { batch_.flush(sink_); }

    [[nodiscard]] const DecoderStatistics& statistics() const { return statistics_; }

  private:
    Config config_;
    RecordSink& sink_;
    RecordBatch batch_;
    DecoderStatistics statistics_;
};

}  // namespace sluice::telemetry
