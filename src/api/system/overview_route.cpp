#include "api/system/overview_route.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "api/firewall/attacker_board.hpp"
#include "api/firewall/attacker_json.hpp"
#include "api/incidents/incident_json.hpp"
#include "api/incidents/open_incidents.hpp"
#include "api/mitigations/mitigation_json.hpp"
#include "api/system/alarm_json.hpp"
#include "api/system/platform_health.hpp"
#include "api/system/speaker_health.hpp"
#include "api/tenants/tenant_names.hpp"
#include "api/traffic/traffic_recorder.hpp"
#include "tenancy/policy_board.hpp"

namespace sluice::api::system {
namespace {

using incidents::to_json;
using model::MitigationState;

constexpr std::size_t most_attacks = 200;
constexpr std::size_t most_attackers = 200;

void add(model::TrafficRate& to, const model::TrafficRate& from) {
    to.packets_per_s += from.packets_per_s;
    to.bits_per_s += from.bits_per_s;
}

Json attack_json(const Services& services, const model::Incident& incident,
                 const std::vector<model::Mitigation>& mitigations) {
    model::TrafficRate passed;
    model::TrafficRate dropped;
    Json list = Json::array();
    for (const auto& mitigation : mitigations) {
        list.push_back(mitigations::summary_json(mitigation, services));
        if (const auto counters = services.health.counters(mitigation.id)) {
            add(passed, counters->passed);
            add(dropped, counters->dropped);
        }
    }
    return Json{{"incident", incidents::summary_json(incident, mitigations, services)},
                {"passed", to_json(passed)},
                {"dropped", to_json(dropped)},
                {"mitigations", std::move(list)}};
}

Json attackers_json(const Services& services, const std::vector<model::OutboundAttacker>& attackers) {
    Json list = Json::array();
    for (const auto& attacker : attackers) {
        if (list.size() == most_attackers) break;
        list.push_back(Json{{"tenant_id", attacker.tenant.to_string()},
                            {"tenant_name", tenants::name_of(services, attacker.tenant)},
                            {"attacker", firewall::attacker_json(attacker)}});
    }
    return list;
}

template <class T>
std::size_t count_up(const std::vector<T>& parts) {
    return static_cast<std::size_t>(std::ranges::count(parts, true, &T::up));
}

Reply overview(const Services& services, const Call& call) {
    auto open = incidents::open_incidents(services, call.scope());
    if (!open) return std::unexpected(open.error());
    const auto live = incidents::live_mitigations(services, call.scope());
    if (!live) return std::unexpected(live.error());
    std::map<model::IncidentId, std::vector<model::Mitigation>> by_incident;
    std::size_t active = 0;
    std::size_t proposed = 0;
    for (const auto& mitigation : *live) {
        by_incident[mitigation.incident].push_back(mitigation);
        ++(mitigation.state == MitigationState::proposed ? proposed : active);
    }
    std::ranges::stable_sort(*open, std::ranges::greater{}, [](const model::Incident& incident) {
        return incidents::current_rate(incident).packets_per_s;
    });
    std::set<model::TenantId> attacked;
    Json attacks = Json::array();
    for (const auto& incident : *open) {
        attacked.insert(incident.tenant);
        if (attacks.size() < most_attacks)
            attacks.push_back(attack_json(services, incident, by_incident[incident.id]));
    }
    Json alarms = Json::array();
    for (const auto& alarm : services.alarms.active()) alarms.push_back(alarm_json(alarm));
    const auto attackers = services.attackers.all();
    const auto traffic = services.traffic_now.now();
    const auto gateways = services.health.gateways();
    const auto collectors = services.health.collectors();
    const auto speakers = services.speakers.speakers();
    const auto policy = services.board.current();
    return json_response(200, Json{{"at", base::to_rfc3339(services.clock.wall())},
                                   {"tenants", policy ? policy->tenants.size() : 0},
                                   {"tenants_under_attack", attacked.size()},
                                   {"attacks", std::move(attacks)},
                                   {"attackers_now", attackers.size()},
                                   {"attackers", attackers_json(services, attackers)},
                                   {"mitigations_active", active},
                                   {"mitigations_proposed", proposed},
                                   {"inbound", to_json(traffic->total.inbound)},
                                   {"passed", to_json(traffic->total.passed)},
                                   {"dropped", to_json(traffic->total.dropped)},
                                   {"gateways_up", count_up(gateways)},
                                   {"gateways", gateways.size()},
                                   {"collectors_up", count_up(collectors)},
                                   {"collectors", collectors.size()},
                                   {"speakers_up", count_up(speakers)},
                                   {"speakers", speakers.size()},
                                   {"alarms", std::move(alarms)}});
}

}  // namespace

void add_overview_route(Router& router, const Services& services) {
    router.add({http::Method::get,
                "/overview",
                "getOverview",
                operators,
                BodyKind::none,
                {},
                bind(services, overview)});
}

}  // namespace sluice::api::system
