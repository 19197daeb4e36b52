#include "apps/collector/collector_metrics.hpp"

namespace sluice::apps::collector {
namespace {

using telemetry::LossReason;

constexpr std::array<std::string_view, telemetry::flow_source_count> protocols{"netflow-v5", "netflow-v9",
                                                                               "ipfix", "sflow", "packet"};

}  // namespace

void DecoderTotals::add(const telemetry::DecoderStatistics& statistics) {
    for (std::size_t i = 0; i < datagrams.size(); ++i) {
        datagrams[i] += statistics.datagrams[i].value();
        records[i] += statistics.records[i].value();
    }
    for (std::size_t i = 0; i < lost.size(); ++i) lost[i] += statistics.lost[i].value();
    bytes += statistics.bytes.value();
    exporters += statistics.exporters.value();
    templates += statistics.templates.value();
    sampling_unknown += statistics.sampling_unknown.value();
}

void DecoderTotals::add(const telemetry::SourceStatistics& statistics) {
    lost[static_cast<std::size_t>(LossReason::socket_full)] += statistics.socket_full;
    lost[static_cast<std::size_t>(LossReason::datagram_cut)] += statistics.cut;
}

std::vector<std::pair<std::string, std::uint64_t>> losses_of(
    const DecoderTotals& totals, const std::vector<std::pair<std::string, std::uint64_t>>& detection) {
    std::vector<std::pair<std::string, std::uint64_t>> losses;
    for (const auto& row : telemetry::loss_infos()) {
        losses.emplace_back(row.name, totals.lost[static_cast<std::size_t>(row.reason)]);
    }
    losses.insert(losses.end(), detection.begin(), detection.end());
    std::erase_if(losses, [](const auto& loss) { return loss.second == 0; });
    return losses;
}

void CollectorMetrics::update(const DecoderTotals& totals, const telemetry::SourceStatistics& source,
                              const detection::DetectorStats& detector) {
    const auto count = [this](std::string_view name, std::string_view help, std::uint64_t value,
                              base::MetricLabels labels = {}) {
        registry_.counter(name, help, std::move(labels)).set(value);
    };
    const auto gauge = [this](std::string_view name, std::string_view help, std::uint64_t value) {
        registry_.gauge(name, help).set(static_cast<double>(value));
    };
    for (std::size_t i = 0; i < protocols.size(); ++i) {
        const base::MetricLabels labels{{"protocol", std::string(protocols[i])}};
        count("sluice_collector_datagrams_total", "Datagrams by protocol", totals.datagrams[i], labels);
        count("sluice_collector_records_total", "Flow records by protocol", totals.records[i], labels);
    }
    for (const auto& row : telemetry::loss_infos()) {
        count("sluice_collector_lost_total", "What was reported and not counted, by reason and unit",
              totals.lost[static_cast<std::size_t>(row.reason)],
              {{"reason", std::string(row.name)}, {"unit", std::string(row.unit)}});
    }
    for (const auto& [reason, value] : detector.losses) {
        count("sluice_collector_limited_total", "What a limit of the detector turned away", value,
              {{"reason", reason}});
    }
    count("sluice_collector_received_bytes_total", "Of datagrams", totals.bytes);
    count("sluice_collector_receive_errors_total", "Receive calls that failed", source.errors);
    count("sluice_collector_counted_records_total", "Records to or from a customer", detector.records);
    count("sluice_collector_outside_records_total", "Records of which neither end is a customer's",
          detector.records_outside);
    count("sluice_collector_sampling_unknown_total", "Records counted at the default sampling rate",
          totals.sampling_unknown);
    count("sluice_collector_findings_total", "Findings opened", detector.findings_opened);
    gauge("sluice_collector_findings_open", "Findings open now", detector.findings_open);
    gauge("sluice_collector_hosts", "Addresses that are counted now, each direction", detector.hosts);
    gauge("sluice_collector_exporters", "Exporters known now", totals.exporters);
    gauge("sluice_collector_templates", "Templates known now", totals.templates);
    gauge("sluice_collector_policy_version", "Of the detection policies in force", detector.policy_version);
    gauge("sluice_collector_last_tick_us", "How long the detector's last tick took, in microseconds",
          detector.last_tick_us);
    gauge("sluice_collector_receive_buffer_bytes", "Of all sockets, as the system gave them",
          source.buffer_bytes);
}

}  // namespace sluice::apps::collector
