#include "api/system/system_routes.hpp"

#include <algorithm>
#include <array>

#include "api/incidents/incident_json.hpp"
#include "api/json.hpp"
#include "api/system/alarm_board.hpp"
#include "api/system/alarm_json.hpp"
#include "api/system/overview_route.hpp"
#include "api/system/platform_health.hpp"
#include "api/system/speaker_health.hpp"
#include "model/attack_vector.hpp"
#include "model/verdict.hpp"

namespace sluice::api::system {
namespace {

using incidents::to_json;

constexpr std::array<std::string_view, 19> event_kinds{
    "incident.opened",      "incident.updated",         "incident.ended",       "incident.closed",
    "mitigation.proposed",  "mitigation.activated",     "mitigation.announced", "mitigation.lost",
    "mitigation.withdrawn", "mitigation.guard-changed", "gateway.up",           "gateway.down",
    "collector.up",         "collector.down",           "alarm.raised",         "alarm.cleared",
    "policy.applied",       "attacker.named",           "attacker.over"};

Json address_or_null(const net::Address& address) {
    return address.is_none() ? Json(nullptr) : Json(address.to_string());
}

http::Response list_response(Json items) {
    return json_response(200, Json{{"items", std::move(items)}});
}

Reply health(const Services& services, const Call& /*call*/) {
    for (const auto& alarm : services.alarms.active()) {
        if (alarm.code != "store-failed" && alarm.code != "disk-full") continue;
        Problem problem(503, "unavailable", "This does not work for now.",
                        alarm.sentence + " " + alarm.what_to_do);
        problem.headers.emplace_back("Retry-After", "2");
        return std::unexpected(std::move(problem));
    }
    return json_response(200, Json{{"status", "ok"},
                                   {"version", services.version},
                                   {"started_at", base::to_rfc3339(services.started_at)}});
}

Reply catalogue(const Services& /*services*/, const Call& /*call*/) {
    Json vectors = Json::array();
    for (const auto& row : model::attack_vectors())
        vectors.push_back({{"name", row.name}, {"title", row.title}});
    Json stages = Json::array();
    for (std::size_t i = 0; i < static_cast<std::size_t>(model::Stage::count_); ++i) {
        stages.push_back(model::to_string(static_cast<model::Stage>(i)));
    }
    Json reasons = Json::array();
    for (const auto& row : model::drop_reasons()) {
        if (row.reason == model::DropReason::none) continue;
        reasons.push_back(
            {{"name", row.name}, {"stage", model::to_string(row.stage)}, {"sentence", row.sentence}});
    }
    return json_response(200, Json{{"vectors", std::move(vectors)},
                                   {"stages", std::move(stages)},
                                   {"drop_reasons", std::move(reasons)},
                                   {"event_kinds", event_kinds}});
}

Reply gateways(const Services& services, const Call& /*call*/) {
    const auto wanted = services.health.wanted_generation();
    Json items = Json::array();
    for (const auto& gateway : services.health.gateways()) {
        items.push_back({{"name", gateway.name},
                         {"up", gateway.up},
                         {"last_seen_at", base::to_rfc3339(gateway.last_seen_at)},
                         {"started_at", base::to_rfc3339(gateway.started_at)},
                         {"diversion_next_hop", address_or_null(gateway.next_hop)},
                         {"diversion_next_hop6", address_or_null(gateway.next_hop6)},
                         {"generation", gateway.generation},
                         {"wanted_generation", std::max(wanted, gateway.generation)},
                         {"targets", gateway.targets},
                         {"received_rate", to_json(gateway.received)},
                         {"passed_rate", to_json(gateway.passed)},
                         {"dropped_rate", to_json(gateway.dropped)}});
    }
    return list_response(std::move(items));
}

Reply collectors(const Services& services, const Call& /*call*/) {
    const auto wanted = services.health.wanted_policy_version();
    Json items = Json::array();
    for (const auto& collector : services.health.collectors()) {
        Json losses = Json::array();
        for (const auto& [reason, count] : collector.losses) {
            if (count > 0) losses.push_back({{"reason", reason}, {"count", count}});
        }
        items.push_back({{"name", collector.name},
                         {"up", collector.up},
                         {"last_seen_at", base::to_rfc3339(collector.last_seen_at)},
                         {"started_at", base::to_rfc3339(collector.started_at)},
                         {"policy_version", collector.policy_version},
                         {"wanted_policy_version", wanted},
                         {"records", collector.records},
                         {"losses", std::move(losses)}});
    }
    return list_response(std::move(items));
}

Reply speakers(const Services& services, const Call& /*call*/) {
    Json items = Json::array();
    for (const auto& speaker : services.speakers.speakers()) {
        items.push_back({{"name", speaker.name},
                         {"up", speaker.up},
                         {"routes", speaker.routes},
                         {"peers", speaker.peers},
                         {"peers_established", speaker.peers_established},
                         {"detail", text_or_null(speaker.detail)}});
    }
    return list_response(std::move(items));
}

Reply alarms(const Services& services, const Call& /*call*/) {
    Json items = Json::array();
    for (const auto& alarm : services.alarms.all()) items.push_back(alarm_json(alarm));
    return list_response(std::move(items));
}

}  // namespace

Json alarm_json(const Alarm& alarm) {
    return Json{{"code", alarm.code},
                {"subject", alarm.subject},
                {"severity", alarm.severity == Severity::critical ? "critical" : "warning"},
                {"raised_at", base::to_rfc3339(alarm.raised_at)},
                {"cleared_at", time_or_null(alarm.cleared_at)},
                {"sentence", alarm.sentence},
                {"what_to_do", alarm.what_to_do}};
}

void add_routes(Router& router, const Services& services) {
    using http::Method;
    router.add({Method::get, "/health", "getHealth", {}, BodyKind::none, {}, bind(services, health)});
    router.add(
        {Method::get, "/catalogue", "getCatalogue", everyone, BodyKind::none, {}, bind(services, catalogue)});
    router.add(
        {Method::get, "/gateways", "listGateways", operators, BodyKind::none, {}, bind(services, gateways)});
    router.add({Method::get,
                "/collectors",
                "listCollectors",
                operators,
                BodyKind::none,
                {},
                bind(services, collectors)});
    router.add(
        {Method::get, "/speakers", "listSpeakers", operators, BodyKind::none, {}, bind(services, speakers)});
    router.add({Method::get, "/alarms", "listAlarms", operators, BodyKind::none, {}, bind(services, alarms)});
    add_overview_route(router, services);
}

}  // namespace sluice::api::system
