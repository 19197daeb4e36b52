#include "api/incidents/incident_routes.hpp"

#include <fmt/format.h>

#include "api/body_reader.hpp"
#include "api/incidents/incident_json.hpp"
#include "api/page_json.hpp"
#include "api/path_object.hpp"
#include "incident/incident_service.hpp"
#include "mitigation/mitigation_service.hpp"
#include "tenancy/audit_log.hpp"

namespace sluice::api::incidents {
namespace {

using model::Incident;
using model::IncidentId;
using model::IncidentState;
using model::Mitigation;

constexpr std::size_t most_mitigations = 64;  // of one incident, in an answer

Outcome<std::vector<Mitigation>> mitigations_of(const Services& services, const Call& call, IncidentId id) {
    mitigation::MitigationQuery query;
    query.incident = id;
    query.limit = most_mitigations;
    auto list = services.mitigations.list(call.scope(), query);
    if (!list) return std::unexpected(Problem::from(list.error()));
    return std::move(*list);
}

Outcome<Incident> find(const Services& services, const Call& call) {
    return object_of<IncidentId>(call, "incident_id", [&](const auto& scope, IncidentId id) {
        return services.incidents.find(scope, id);
    });
}

Reply show(const Services& services, const Call& call, const Incident& incident) {
    const auto mitigations = mitigations_of(services, call, incident.id);
    if (!mitigations) return std::unexpected(mitigations.error());
    return json_response(200, detail_json(incident, *mitigations, services));
}

Outcome<std::optional<IncidentState>> state_filter(const Call& call) {
    const auto* text = call.request().query_value("state");
    if (text == nullptr) return std::nullopt;
    for (const auto state : {IncidentState::open, IncidentState::ended, IncidentState::closed}) {
        if (*text == state_name(state)) return state;
    }
    return std::unexpected(Problem::invalid("query:state", "must be one of open, ended, closed"));
}

Reply list(const Services& services, const Call& call) {
    const auto page = page_request(call);
    if (!page) return std::unexpected(page.error());
    const auto tenant = tenant_filter(call, services);
    if (!tenant) return std::unexpected(tenant.error());
    const auto state = state_filter(call);
    if (!state) return std::unexpected(state.error());
    const auto before = cursor_id<IncidentId>(*page);
    if (!before) return std::unexpected(before.error());
    incident::IncidentQuery query;
    query.tenant = *tenant;
    query.before = *before;
    query.not_closed_only = *state && **state != IncidentState::closed;
    const auto found = in_state(query, *state, page->limit + 1, [&](const auto& asked) {
        return services.incidents.list(call.scope(), asked);
    });
    if (!found) return std::unexpected(found.error());
    std::optional<Problem> failed;
    auto response = page_response(
        *found, *page,
        [&](const Incident& incident) {
            auto mitigations = mitigations_of(services, call, incident.id);
            if (!mitigations) {
                failed = mitigations.error();
                return Json();
            }
            return summary_json(incident, *mitigations, services);
        },
        [](const Incident& incident) { return incident.id.to_string(); });
    if (failed) return std::unexpected(std::move(*failed));
    return response;
}

Reply get(const Services& services, const Call& call) {
    const auto incident = find(services, call);
    if (!incident) return std::unexpected(incident.error());
    return show(services, call, *incident);
}

base::Status audit(const Services& services, const Call& call, const Incident& incident, std::string action,
                   const std::string& text) {
    const auto entry = services.audit.record(
        call.caller(), {incident.tenant, std::move(action), incident.id.to_string(), {}, {}, text});
    if (!entry) return std::unexpected(entry.error());
    return {};
}

Reply add_note(const Services& services, const Call& call) {
    const auto incident = find(services, call);
    if (!incident) return std::unexpected(incident.error());
    auto body = BodyReader::parse(call.request());
    if (!body) return std::unexpected(body.error());
    const auto text = body->text("text", 1, 2000);
    if (auto done = body->finish(); !done) return std::unexpected(done.error());
    if (auto done = audit(services, call, *incident, "incident.note", text); !done) {
        return std::unexpected(Problem::from(done.error()));
    }
    const model::IncidentEntry entry{services.clock.wall(), "note", call.caller().login + ": " + text};
    if (auto done = services.incidents.add_note(incident->id, entry.kind, entry.text, entry.at); !done) {
        return std::unexpected(Problem::from(done.error()));
    }
    return json_response(201, to_json(entry));
}

Reply report_false_positive(const Services& services, const Call& call) {
    auto incident = find(services, call);
    if (!incident) return std::unexpected(incident.error());
    auto body = BodyReader::parse(call.request());
    if (!body) return std::unexpected(body.error());
    const auto reason = body->text("reason", 1, 500);
    if (auto done = body->finish(); !done) return std::unexpected(done.error());
    for (const auto& entry : incident->timeline) {
        if (entry.kind == "false-positive")
            return std::unexpected(Problem::conflict("It is marked already."));
    }
    if (auto done = audit(services, call, *incident, "incident.false-positive", reason); !done) {
        return std::unexpected(Problem::from(done.error()));
    }
    if (auto done = services.incidents.add_note(incident->id, "false-positive",
                                                call.caller().login + ": no attack: " + reason,
                                                services.clock.wall());
        !done) {
        return std::unexpected(Problem::from(done.error()));
    }
    const auto mitigations = mitigations_of(services, call, incident->id);
    if (!mitigations) return std::unexpected(mitigations.error());
    for (const auto& mitigation : *mitigations) {
        if (mitigation.state == model::MitigationState::withdrawn) continue;
        const auto done = services.mitigations.withdraw(
            call.scope(),
            {mitigation.id, call.caller().login, "reported as no attack: " + reason, std::nullopt});
        // One that ended by itself meanwhile is what was wanted.
        if (!done && done.error().code != base::ErrorCode::conflict)
            return std::unexpected(Problem::from(done.error()));
    }
    incident = find(services, call);
    if (!incident) return std::unexpected(incident.error());
    return show(services, call, *incident);
}

}  // namespace

void add_routes(Router& router, const Services& services) {
    using http::Method;
    router.add({Method::get,
                "/incidents",
                "listIncidents",
                everyone,
                BodyKind::none,
                {"tenant_id", "state", "cursor", "limit"},
                bind(services, list)});
    router.add({Method::get,
                "/incidents/{incident_id}",
                "getIncident",
                everyone,
                BodyKind::none,
                {},
                bind(services, get)});
    router.add({Method::post,
                "/incidents/{incident_id}/notes",
                "addIncidentNote",
                changers,
                BodyKind::json,
                {},
                bind(services, add_note)});
    router.add({Method::post,
                "/incidents/{incident_id}/false-positive",
                "reportFalsePositive",
                changers,
                BodyKind::json,
                {},
                bind(services, report_false_positive)});
}

}  // namespace sluice::api::incidents
