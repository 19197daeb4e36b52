#include "api/mitigations/mitigation_json.hpp"

#include <algorithm>

#include "api/incidents/incident_json.hpp"
#include "api/tenants/tenant_names.hpp"
#include "model/verdict.hpp"

namespace sluice::api::mitigations {
namespace {

using incidents::to_json;

Json to_json(const model::PacketCount& count) {
    return Json{{"packets", count.packets}, {"bytes", count.bytes}};
}

Json number_or_null(std::uint64_t value) {
    return value == 0 ? Json(nullptr) : Json(value);
}

Json rule_json(const model::FlowSpecRule& rule) {
    Json sources = Json::array();
    for (const auto& source : rule.sources) sources.push_back(source.to_string());
    return Json{
        {"destination", rule.destination.to_string()},
        {"sources", std::move(sources)},
        {"protocol", number_or_null(rule.protocol)},
        {"source_port", number_or_null(rule.source_port)},
        {"destination_port", number_or_null(rule.destination_port)},
        {"rate_limit_bytes_per_s", static_cast<std::uint64_t>(std::max(0.0, rule.rate_limit_bytes_per_s))}};
}

Json counters_json(const system::MitigationCounters& counters) {
    const auto& total = counters.total;
    Json stages = Json::array();
    for (std::size_t i = 0; i < total.stages.size(); ++i) {
        const auto& stage = total.stages[i];
        if (stage.in.packets == 0) continue;
        stages.push_back({{"stage", model::to_string(static_cast<model::Stage>(i))},
                          {"received", to_json(stage.in)},
                          {"passed", to_json(stage.passed)},
                          {"dropped", to_json(stage.dropped)},
                          {"watched", to_json(total.monitored[i])}});
    }
    std::vector<std::size_t> order;
    for (std::size_t i = 1; i < total.reasons.size(); ++i) {
        if (total.reasons[i].packets > 0) order.push_back(i);
    }
    std::ranges::stable_sort(order, std::ranges::greater{},
                             [&](std::size_t i) { return total.reasons[i].packets; });
    Json reasons = Json::array();
    for (const auto i : order) {
        const auto& about = model::info(static_cast<model::DropReason>(i));
        reasons.push_back({{"reason", about.name},
                           {"stage", model::to_string(about.stage)},
                           {"sentence", about.sentence},
                           {"packets", total.reasons[i].packets},
                           {"bytes", total.reasons[i].bytes}});
    }
    return Json{{"at", base::to_rfc3339(counters.at)},
                {"received", to_json(total.in)},
                {"passed", to_json(total.passed)},
                {"dropped", to_json(total.dropped)},
                {"answered", to_json(total.answered)},
                {"received_rate", to_json(counters.received)},
                {"passed_rate", to_json(counters.passed)},
                {"dropped_rate", to_json(counters.dropped)},
                {"answered_rate", to_json(counters.answered)},
                {"verified_sources", total.verified_sources},
                {"spliced_connections", total.spliced},
                {"repeated_syns", total.syns_repeated},
                {"verified_packets", total.verified_in.packets},
                {"verified_packets_lost", total.verified_dropped.packets},
                {"stages", std::move(stages)},
                {"reasons", std::move(reasons)}};
}

Json guard_json(const model::Mitigation& mitigation) {
    if (mitigation.kind != model::MitigationKind::divert) return nullptr;
    const auto& guard = mitigation.guard;
    return Json{{"level", model::to_string(guard.level)},
                {"since", base::to_rfc3339(std::max(guard.level_since, mitigation.created_at))},
                {"pinned", guard.pinned.has_value()},
                {"watch", model::names_of(guard.watched)}};
}

Json loss_json(const std::optional<system::MitigationCounters>& counters) {
    if (!counters || counters->total.verified_in.packets == 0) return nullptr;
    const auto& total = counters->total;
    return std::min(1.0, static_cast<double>(total.verified_dropped.packets) /
                             static_cast<double>(total.verified_in.packets));
}

}  // namespace

Json summary_json(const model::Mitigation& mitigation, const Services& services) {
    Json vectors = Json::array();
    for (const auto vector : mitigation.vectors) vectors.push_back(model::to_string(vector));
    return Json{{"id", mitigation.id.to_string()},
                {"tenant_id", mitigation.tenant.to_string()},
                {"tenant_name", tenants::name_of(services, mitigation.tenant)},
                {"incident_id", id_or_null(mitigation.incident)},
                {"kind", model::to_string(mitigation.kind)},
                {"state", model::to_string(mitigation.state)},
                {"target", mitigation.target.to_string()},
                {"vectors", std::move(vectors)},
                {"reason", mitigation.reason},
                {"actor", mitigation.actor},
                {"created_at", base::to_rfc3339(mitigation.created_at)},
                {"expires_at", base::to_rfc3339(mitigation.expires_at)},
                {"guard", guard_json(mitigation)},
                {"legitimate_loss", loss_json(services.health.counters(mitigation.id))}};
}

Json detail_json(const model::Mitigation& mitigation,
                 const std::optional<system::MitigationCounters>& counters, const Services& services) {
    const bool is_rule = mitigation.kind == model::MitigationKind::flowspec;
    return Json{{"summary", summary_json(mitigation, services)},
                {"rule", is_rule ? rule_json(mitigation.rule) : Json(nullptr)},
                {"counters", counters ? counters_json(*counters) : Json(nullptr)}};
}

}  // namespace sluice::api::mitigations
