// A collector's counters as metrics for Prometheus, and its losses for the controller.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/metrics.hpp"
#include "detection/detector.hpp"
#include "telemetry/datagram_source.hpp"
#include "telemetry/statistics.hpp"

namespace sluice::apps::collector {

// The decoders of all threads, summed.
struct DecoderTotals {
    std::array<std::uint64_t, telemetry::flow_source_count> datagrams{};
    std::array<std::uint64_t, telemetry::flow_source_count> records{};
    std::array<std::uint64_t, telemetry::loss_reason_count> lost{};
    std::uint64_t bytes = 0;
    std::uint64_t exporters = 0;
    std::uint64_t templates = 0;
    std::uint64_t sampling_unknown = 0;

    void add(const telemetry::DecoderStatistics& statistics);
    // What the sockets dropped counts as lost, too.
    void add(const telemetry::SourceStatistics& statistics);
};

// Reasons with a number, telemetry's and detection's.
[[nodiscard]] std::vector<std::pair<std::string, std::uint64_t>> losses_of(
    const DecoderTotals& totals, const std::vector<std::pair<std::string, std::uint64_t>>& detection);

// Control thread.
class CollectorMetrics {
  public:
    explicit CollectorMetrics(base::MetricRegistry& registry) : registry_(registry) {}
    void update(const DecoderTotals& totals, const telemetry::SourceStatistics& source,
                const detection::DetectorStats& detector);

  private:
    base::MetricRegistry& registry_;
};

}  // namespace sluice::apps::collector
