#include "api/tenants/status_route.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <algorithm>
#include <map>

#include "api/firewall/attacker_board.hpp"
#include "api/firewall/attacker_json.hpp"
#include "api/incidents/incident_json.hpp"
#include "api/incidents/open_incidents.hpp"
#include "api/mitigations/mitigation_json.hpp"
#include "api/traffic/traffic_recorder.hpp"
#include "incident/incident_service.hpp"
#include "tenancy/directory_service.hpp"
#include "tenancy/policy_board.hpp"

namespace sluice::api::tenants {
namespace {

using incidents::to_json;
using model::MitigationState;

bool in_force(const model::Mitigation& mitigation) {
    return mitigation.state == MitigationState::active || mitigation.state == MitigationState::cooling;
}

// "21 November at 09:50 UTC"
std::string day_and_time(base::Timestamp time) {
    const auto seconds = std::chrono::system_clock::to_time_t(std::chrono::floor<std::chrono::seconds>(time));
    return fmt::format("{:%e %B at %H:%M UTC}", fmt::gmtime(seconds));
}

struct Status {
    std::string_view state;
    base::Timestamp since{};
    std::string sentence;
};

struct Situation {
    model::Tenant tenant;
    bool consent = false;
    std::vector<model::Incident> open;  // newest first
    std::vector<model::Mitigation> live;
    std::optional<base::Timestamp> last_end;
};

Status judge(const Situation& now) {
    if (!now.open.empty()) {
        const auto first = std::ranges::min(now.open, {}, &model::Incident::started_at);
        const auto defence = std::ranges::find_if(now.live, in_force);
        const std::string since = day_and_time(first.started_at);
        if (defence != now.live.end()) {
            return {"mitigated", first.started_at,
                    fmt::format("You have been under attack since {}; the attack is being filtered.", since)};
        }
        const bool waits = std::ranges::any_of(
            now.live, [](const auto& one) { return one.state == MitigationState::proposed; });
        return {"under_attack", first.started_at,
                fmt::format("You have been under attack since {}. {}", since,
                            waits ? "Sluice proposes a defence and waits for your consent."
                                  : "Nothing is in force against it.")};
    }
    const base::Timestamp since = now.last_end.value_or(now.tenant.created_at);
    const std::string past =
        now.last_end ? fmt::format(" The last attack ended on {}.", day_and_time(since)) : std::string{};
    if (!now.consent) {
        return {"unprotected", since,
                "No prefix has your consent: attacks are shown, but nothing is done about them." + past};
    }
    return {"protected", since, "You are protected." + past};
}

Outcome<Situation> look(const Services& services, const Call& call, const model::Tenant& tenant) {
    Situation now;
    now.tenant = tenant;
    const auto state = services.board.current();
    if (const auto* known = state ? state->find(tenant.id) : nullptr) {
        now.consent = std::ranges::any_of(
            known->prefixes, [](const auto& prefix) { return prefix.consent != model::ConsentMode::off; });
    }
    incident::IncidentQuery query;
    query.tenant = tenant.id;
    query.limit = 50;
    auto incidents = services.incidents.list(call.scope(), query);
    if (!incidents) return std::unexpected(Problem::from(incidents.error()));
    for (auto& incident : *incidents) {
        if (incident.ended_at)
            now.last_end = std::max(now.last_end.value_or(*incident.ended_at), *incident.ended_at);
        if (incident.state == model::IncidentState::open) now.open.push_back(std::move(incident));
    }
    auto live = incidents::live_mitigations(services, call.scope());
    if (!live) return std::unexpected(live.error());
    std::erase_if(*live, [&](const auto& mitigation) { return mitigation.tenant != tenant.id; });
    now.live = std::move(*live);
    return now;
}

Reply status(const Services& services, const Call& call) {
    const auto id = call.id<model::TenantId>("tenant_id");
    if (!id) return std::unexpected(id.error());
    const auto tenant = services.directory.tenant(call.scope(), *id);
    if (!tenant) return std::unexpected(Problem::from(tenant.error()));
    const auto now = look(services, call, *tenant);
    if (!now) return std::unexpected(now.error());
    const Status status = judge(*now);

    std::map<model::IncidentId, std::vector<model::Mitigation>> by_incident;
    Json active = Json::array();
    Json proposed = Json::array();
    for (const auto& mitigation : now->live) {
        by_incident[mitigation.incident].push_back(mitigation);
        (in_force(mitigation) ? active : proposed).push_back(mitigations::summary_json(mitigation, services));
    }
    Json open = Json::array();
    for (const auto& incident : now->open) {
        open.push_back(incidents::summary_json(incident, by_incident[incident.id], services));
    }
    const auto traffic = services.traffic_now.now();
    const auto columns = traffic->of(*id);
    const bool any = traffic->second != base::Timestamp{};
    return json_response(200, Json{{"tenant_id", id->to_string()},
                                   {"state", status.state},
                                   {"since", base::to_rfc3339(status.since)},
                                   {"sentence", status.sentence},
                                   {"open_incidents", std::move(open)},
                                   {"active_mitigations", std::move(active)},
                                   {"proposed_mitigations", std::move(proposed)},
                                   {"attackers", firewall::attackers_json(services.attackers.of(*id))},
                                   {"at", base::to_rfc3339(any ? traffic->second : services.clock.wall())},
                                   {"inbound", to_json(columns.inbound)},
                                   {"passed", to_json(columns.passed)},
                                   {"dropped", to_json(columns.dropped)}});
}

}  // namespace

void add_status_route(Router& router, const Services& services) {
    router.add({http::Method::get,
                "/tenants/{tenant_id}/status",
                "getTenantStatus",
                everyone,
                BodyKind::none,
                {},
                bind(services, status)});
}

}  // namespace sluice::api::tenants
