#include "api/incidents/incident_json.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "api/mitigations/mitigation_json.hpp"
#include "api/tenants/tenant_names.hpp"

namespace sluice::api::incidents {
namespace {

using incidents::to_json;  // beside those below
using model::TrafficRate;

constexpr std::array<std::string_view, 3> incident_states{"open", "ended", "closed"};
constexpr std::array<std::string_view, 3> finding_states{"opened", "updated", "closed"};
constexpr std::array<std::string_view, 3> scopes{"host", "prefix", "tenant"};
constexpr std::array<std::string_view, 2> directions{"inbound", "outbound"};
constexpr std::size_t most_vectors = 8;
constexpr std::size_t most_sources = 16;

template <std::size_t N, class Enum>
std::string_view name_of(const std::array<std::string_view, N>& names, Enum value) {
    return names[static_cast<std::size_t>(value)];
}

Json number_or_null(std::uint64_t value) {
    return value == 0 ? Json(nullptr) : Json(value);
}

Json to_json(const model::VectorShare& share) {
    return Json{{"vector", model::to_string(share.vector)},
                {"title", model::info(share.vector).title},
                {"rate", to_json(share.rate)}};
}

Json to_json(const model::TopSource& source) {
    return Json{{"source", source.source.to_string()},
                {"source_port", number_or_null(source.source_port)},
                {"rate", to_json(source.rate)}};
}

Json to_json(const model::IngressShare& share) {
    return Json{{"exporter", share.exporter.to_string()},
                {"interface", share.interface},
                {"rate", to_json(share.rate)}};
}

Json to_json(const model::FlowRecord& record) {
    return Json{{"at", base::to_rfc3339(record.last_at)},
                {"source", record.source.to_string()},
                {"destination", record.destination.to_string()},
                {"protocol", record.protocol},
                {"source_port", record.source_port},
                {"destination_port", record.destination_port},
                {"tcp_flags", record.tcp_flags},
                {"packets", record.packets},
                {"bytes", record.bytes},
                {"sampling", record.sampling},
                {"exporter", record.exporter.to_string()},
                {"input_interface", record.input_interface}};
}

template <class T>
Json list_json(const std::vector<T>& items, std::size_t most) {
    Json list = Json::array();
    for (std::size_t i = 0; i < std::min(items.size(), most); ++i) list.push_back(to_json(items[i]));
    return list;
}

Json prefixes_json(const std::vector<net::Prefix>& prefixes, std::size_t most) {
    Json list = Json::array();
    for (std::size_t i = 0; i < std::min(prefixes.size(), most); ++i) list.push_back(prefixes[i].to_string());
    return list;
}

// Of several findings: each name once with its strongest rate, as scopes overlap and sums would count twice.
template <class T, class KeyOf>
std::vector<T> strongest(const std::vector<model::Finding>& findings, std::vector<T> model::Finding::*list,
                         KeyOf key_of) {
    std::map<decltype(key_of(std::declval<T>())), T> best;
    for (const auto& finding : findings) {
        for (const T& item : finding.*list) {
            const auto [found, fresh] = best.try_emplace(key_of(item), item);
            if (!fresh && item.rate.packets_per_s > found->second.rate.packets_per_s) found->second = item;
        }
    }
    std::vector<T> sorted;
    for (auto& [key, item] : best) sorted.push_back(std::move(item));
    std::ranges::stable_sort(
        sorted, [](const T& a, const T& b) { return a.rate.packets_per_s > b.rate.packets_per_s; });
    return sorted;
}

std::vector<model::VectorShare> vectors_of(const model::Incident& incident) {
    auto vectors = strongest(incident.findings, &model::Finding::vectors,
                             [](const auto& share) { return share.vector; });
    if (vectors.size() > most_vectors) vectors.resize(most_vectors);
    return vectors;
}

Json strongest_state(const std::vector<model::Mitigation>& mitigations) {
    constexpr std::array order{model::MitigationState::active, model::MitigationState::cooling,
                               model::MitigationState::proposed, model::MitigationState::withdrawn};
    for (const auto state : order) {
        if (std::ranges::find(mitigations, state, &model::Mitigation::state) != mitigations.end()) {
            return model::to_string(state);
        }
    }
    return nullptr;
}

const model::IncidentEntry* first_entry(const model::Incident& incident, std::string_view kind) {
    const auto found = std::ranges::find(incident.timeline, kind, &model::IncidentEntry::kind);
    return found == incident.timeline.end() ? nullptr : &*found;
}

std::int64_t ms_between(base::Timestamp from, base::Timestamp to) {
    return std::max<std::int64_t>(0,
                                  std::chrono::duration_cast<std::chrono::milliseconds>(to - from).count());
}

}  // namespace

std::string_view state_name(model::IncidentState state) {
    return name_of(incident_states, state);
}

model::TrafficRate current_rate(const model::Incident& incident) {
    TrafficRate rate;
    if (incident.state != model::IncidentState::open) return rate;
    for (const auto& finding : incident.findings) {
        if (finding.state == model::FindingState::closed) continue;
        rate.packets_per_s = std::max(rate.packets_per_s, finding.current.packets_per_s);
        rate.bits_per_s = std::max(rate.bits_per_s, finding.current.bits_per_s);
    }
    return rate;
}

Json to_json(const TrafficRate& rate) {
    return Json{{"packets_per_s", rate.packets_per_s}, {"bits_per_s", rate.bits_per_s}};
}

Json to_json(const model::IncidentEntry& entry) {
    return Json{{"at", base::to_rfc3339(entry.at)}, {"kind", entry.kind}, {"text", entry.text}};
}

Json to_json(const model::Finding& finding) {
    const auto& rule = finding.rule;
    return Json{{"key", finding.key},
                {"state", name_of(finding_states, finding.state)},
                {"scope", name_of(scopes, finding.scope)},
                {"direction", name_of(directions, finding.direction)},
                {"target", finding.target.to_string()},
                {"first_seen_at", base::to_rfc3339(finding.first_seen_at)},
                {"detected_at", base::to_rfc3339(finding.detected_at)},
                {"last_seen_at", base::to_rfc3339(finding.last_seen_at)},
                {"rule", Json{{"threshold", rule.threshold},
                              {"metric", rule.metric},
                              {"limit", rule.limit},
                              {"observed", rule.observed},
                              {"usual", number_or_null(rule.usual)}}},
                {"before", to_json(finding.before)},
                {"current", to_json(finding.current)},
                {"peak", to_json(finding.peak)},
                {"vectors", list_json(finding.vectors, most_vectors)},
                {"sources", list_json(finding.sources, most_sources)},
                {"distinct_sources", finding.distinct_sources},
                {"ingress", list_json(finding.ingress, most_vectors)},
                {"samples", list_json(finding.samples, most_vectors)},
                {"hosts", prefixes_json(finding.hosts, most_sources)},
                {"destination_port", number_or_null(finding.destination_port)}};
}

Json summary_json(const model::Incident& incident, const std::vector<model::Mitigation>& mitigations,
                  const Services& services) {
    Json vectors = Json::array();
    for (const auto& share : vectors_of(incident)) vectors.push_back(model::to_string(share.vector));
    return Json{{"id", incident.id.to_string()},
                {"tenant_id", incident.tenant.to_string()},
                {"tenant_name", tenants::name_of(services, incident.tenant)},
                {"state", state_name(incident.state)},
                {"title", incident.title},
                {"target", incident.target.to_string()},
                {"direction", name_of(directions, incident.direction)},
                {"vectors", std::move(vectors)},
                {"started_at", base::to_rfc3339(incident.started_at)},
                {"detected_at", base::to_rfc3339(incident.detected_at)},
                {"ended_at", time_or_null(incident.ended_at)},
                {"peak", to_json(incident.peak)},
                {"current", to_json(current_rate(incident))},
                {"mitigation_state", strongest_state(mitigations)},
                {"false_positive", first_entry(incident, "false-positive") != nullptr}};
}

Json detail_json(const model::Incident& incident, const std::vector<model::Mitigation>& mitigations,
                 const Services& services) {
    Json of_incident = Json::array();
    for (const auto& mitigation : mitigations)
        of_incident.push_back(mitigations::summary_json(mitigation, services));
    std::uint32_t distinct_sources = 0;
    for (const auto& finding : incident.findings)
        distinct_sources = std::max(distinct_sources, finding.distinct_sources);
    const auto sources = strongest(incident.findings, &model::Finding::sources,
                                   [](const auto& source) { return source.source; });
    const auto ingress = strongest(incident.findings, &model::Finding::ingress, [](const auto& share) {
        return std::pair(share.exporter, share.interface);
    });
    const auto* announced = first_entry(incident, "mitigation-announced");
    return Json{{"summary", summary_json(incident, mitigations, services)},
                {"findings", list_json(incident.findings, incident.findings.size())},
                {"timeline", list_json(incident.timeline, incident.timeline.size())},
                {"mitigations", std::move(of_incident)},
                {"vectors", list_json(vectors_of(incident), most_vectors)},
                {"sources", list_json(sources, most_sources)},
                {"ingress", list_json(ingress, most_vectors)},
                {"distinct_sources", distinct_sources},
                {"time_to_detect_ms", ms_between(incident.started_at, incident.detected_at)},
                {"time_to_mitigate_ms",
                 announced ? Json(ms_between(incident.started_at, announced->at)) : Json(nullptr)}};
}

}  // namespace sluice::api::incidents
