#include "apps/collector/finding_printer.hpp"

#include <cstdio>

#include <nlohmann/json.hpp>

#include "base/time_text.hpp"

namespace sluice::apps::collector {
namespace {

using nlohmann::json;

constexpr const char* states[] = {"opened", "updated", "closed"};
constexpr const char* scopes[] = {"host", "prefix", "tenant"};
constexpr const char* directions[] = {"inbound", "outbound"};

json to_json(const model::TrafficRate& rate) {
    return {{"packets_per_s", rate.packets_per_s}, {"bits_per_s", rate.bits_per_s}};
}

// The names are those of the REST interface (schema/openapi.yaml), samples left out.
json to_json(const model::Finding& finding) {
    json vectors = json::array();
    for (const auto& share : finding.vectors) {
        vectors.push_back({{"vector", model::to_string(share.vector)}, {"rate", to_json(share.rate)}});
    }
    json sources = json::array();
    for (const auto& source : finding.sources) {
        sources.push_back({{"source", source.source.to_string()},
                           {"source_port", source.source_port},
                           {"rate", to_json(source.rate)}});
    }
    json ingress = json::array();
    for (const auto& share : finding.ingress) {
        ingress.push_back({{"exporter", share.exporter.to_string()},
                           {"interface", share.interface},
                           {"rate", to_json(share.rate)}});
    }
    json hosts = json::array();
    for (const auto& host : finding.hosts) hosts.push_back(host.to_string());
    return {{"key", finding.key},
            {"state", states[static_cast<std::size_t>(finding.state)]},
            {"tenant", finding.tenant.to_string()},
            {"scope", scopes[static_cast<std::size_t>(finding.scope)]},
            {"direction", directions[static_cast<std::size_t>(finding.direction)]},
            {"target", finding.target.to_string()},
            {"first_seen_at", base::to_rfc3339(finding.first_seen_at)},
            {"detected_at", base::to_rfc3339(finding.detected_at)},
            {"last_seen_at", base::to_rfc3339(finding.last_seen_at)},
            {"rule",
             {{"threshold", finding.rule.threshold},
              {"metric", finding.rule.metric},
              {"limit", finding.rule.limit},
              {"observed", finding.rule.observed},
              {"usual", finding.rule.usual}}},
            {"before", to_json(finding.before)},
            {"current", to_json(finding.current)},
            {"peak", to_json(finding.peak)},
            {"vectors", vectors},
            {"sources", sources},
            {"distinct_sources", finding.distinct_sources},
            {"ingress", ingress},
            {"hosts", hosts},
            {"destination_port", finding.destination_port}};
}

}  // namespace

void FindingPrinter::start() {
    thread_ = std::thread([this] {
        while (!lines_.closed() || lines_.size() != 0) {
            const auto line = lines_.pop(std::chrono::seconds(1));
            if (!line) continue;
            std::fputs(line->c_str(), stdout);
            std::fflush(stdout);
        }
    });
}

void FindingPrinter::stop() {
    lines_.close();
    if (thread_.joinable()) thread_.join();
}

void FindingPrinter::print(const model::Finding& finding) {
    (void)lines_.push(to_json(finding).dump() + "\n");
}

}  // namespace sluice::apps::collector
