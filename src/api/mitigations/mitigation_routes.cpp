#include "api/mitigations/mitigation_routes.hpp"

#include "api/body_reader.hpp"
#include "api/mitigations/mitigation_json.hpp"
#include "api/page_json.hpp"
#include "api/path_object.hpp"
#include "incident/incident_service.hpp"
#include "mitigation/mitigation_service.hpp"

namespace sluice::api::mitigations {
namespace {

using model::Mitigation;
using model::MitigationId;
using model::MitigationState;

http::Response show(const Services& services, const Mitigation& mitigation) {
    return json_response(200, detail_json(mitigation, services.health.counters(mitigation.id), services));
}

Outcome<std::optional<MitigationState>> state_filter(const Call& call) {
    const auto* text = call.request().query_value("state");
    if (text == nullptr) return std::nullopt;
    for (const auto state : {MitigationState::proposed, MitigationState::active, MitigationState::cooling,
                             MitigationState::withdrawn}) {
        if (*text == model::to_string(state)) return state;
    }
    return std::unexpected(
        Problem::invalid("query:state", "must be one of proposed, active, cooling, withdrawn"));
}

Outcome<std::optional<model::IncidentId>> incident_filter(const Services& services, const Call& call) {
    const auto* text = call.request().query_value("incident_id");
    if (text == nullptr) return std::nullopt;
    const auto id = model::IncidentId::parse(*text);
    if (!id)
        return std::unexpected(Problem::invalid("query:incident_id", "is no incident's id, as incident-40"));
    const auto incident = services.incidents.find(call.scope(), *id);
    if (!incident) return std::unexpected(Problem::from(incident.error()));
    return *id;
}

Reply list(const Services& services, const Call& call) {
    const auto page = page_request(call);
    if (!page) return std::unexpected(page.error());
    const auto tenant = tenant_filter(call, services);
    if (!tenant) return std::unexpected(tenant.error());
    const auto incident = incident_filter(services, call);
    if (!incident) return std::unexpected(incident.error());
    const auto state = state_filter(call);
    if (!state) return std::unexpected(state.error());
    const auto before = cursor_id<MitigationId>(*page);
    if (!before) return std::unexpected(before.error());
    mitigation::MitigationQuery query;
    query.tenant = *tenant;
    query.incident = *incident;
    query.before = *before;
    query.live_only = *state && **state != MitigationState::withdrawn;
    const auto found = in_state(query, *state, page->limit + 1, [&](const auto& asked) {
        return services.mitigations.list(call.scope(), asked);
    });
    if (!found) return std::unexpected(found.error());
    return page_response(
        *found, *page, [&](const Mitigation& mitigation) { return summary_json(mitigation, services); },
        [](const Mitigation& mitigation) { return mitigation.id.to_string(); });
}

Outcome<Mitigation> find(const Services& services, const Call& call) {
    return object_of<MitigationId>(call, "mitigation_id", [&](const auto& scope, MitigationId id) {
        return services.mitigations.find(scope, id);
    });
}

Reply get(const Services& services, const Call& call) {
    const auto mitigation = find(services, call);
    if (!mitigation) return std::unexpected(mitigation.error());
    return show(services, *mitigation);
}

mitigation::MitigationService::Request request_of(const Call& call, const Mitigation& mitigation,
                                                  std::string reason) {
    return {mitigation.id, call.caller().login, std::move(reason), std::nullopt};
}

Reply answer(const Services& services, const base::Result<Mitigation>& result) {
    if (!result) return std::unexpected(Problem::from(result.error()));
    return show(services, *result);
}

// A decision that takes nothing but a reason. The caller's right to see the mitigation comes before his body.
template <class Decide>
Reply decide(const Services& services, const Call& call, const Decide& decide) {
    const auto mitigation = find(services, call);
    if (!mitigation) return std::unexpected(mitigation.error());
    auto body = BodyReader::parse(call.request());
    if (!body) return std::unexpected(body.error());
    const auto reason = body->optional_text("reason", 0, 500).value_or("");
    if (auto done = body->finish(); !done) return std::unexpected(done.error());
    return answer(services, decide(request_of(call, *mitigation, reason)));
}

Reply approve(const Services& services, const Call& call) {
    return decide(services, call,
                  [&](const auto& request) { return services.mitigations.approve(call.scope(), request); });
}

Reply withdraw(const Services& services, const Call& call) {
    return decide(services, call,
                  [&](const auto& request) { return services.mitigations.withdraw(call.scope(), request); });
}

Reply extend(const Services& services, const Call& call) {
    const auto mitigation = find(services, call);
    if (!mitigation) return std::unexpected(mitigation.error());
    auto body = BodyReader::parse(call.request());
    if (!body) return std::unexpected(body.error());
    const auto by_s = body->number("by_s", 60, 604'800);
    const auto reason = body->optional_text("reason", 0, 500).value_or("");
    if (auto done = body->finish(); !done) return std::unexpected(done.error());
    const auto until = mitigation->expires_at + std::chrono::seconds(by_s);
    return answer(services,
                  services.mitigations.extend(call.scope(), request_of(call, *mitigation, reason), until));
}

std::optional<model::GuardLevel> level_of(BodyReader& body, const std::string& text) {
    const auto level = model::parse_guard_level(text);
    if (!level && text != "auto") body.wrong("level", "must be one of auto, analysis, basic, strong");
    return level;
}

model::StageSet stages_of(BodyReader& body) {
    model::StageSet set = 0;
    for (const auto& name : body.text_list("watch", 5, 20)) {
        const auto stage = model::parse_stage(name);
        if (!stage || !model::contains(model::watchable_stages, *stage)) {
            body.wrong("watch", "may name reflection, verify, anomaly, protocol and rate");
        } else {
            set |= model::stage_bit(*stage);
        }
    }
    return set;
}

Reply set_guard(const Services& services, const Call& call) {
    const auto mitigation = find(services, call);
    if (!mitigation) return std::unexpected(mitigation.error());
    auto body = BodyReader::parse(call.request());
    if (!body) return std::unexpected(body.error());
    mitigation::MitigationService::GuardOrder order;
    if (const auto level = body->optional_text("level", 1, 20)) order.level = level_of(*body, *level);
    const bool watches = body->has("watch");
    const auto stages = stages_of(*body);
    if (watches) order.watched = stages;
    if (!order.level && !watches) body->wrong("", "name a level, or the stages that only watch");
    const auto reason = body->optional_text("reason", 0, 500).value_or("");
    if (auto done = body->finish(); !done) return std::unexpected(done.error());
    return answer(services,
                  services.mitigations.set_guard(call.scope(), request_of(call, *mitigation, reason), order));
}

}  // namespace

void add_routes(Router& router, const Services& services) {
    using http::Method;
    router.add({Method::get,
                "/mitigations",
                "listMitigations",
                everyone,
                BodyKind::none,
                {"tenant_id", "incident_id", "state", "cursor", "limit"},
                bind(services, list)});
    router.add({Method::get,
                "/mitigations/{mitigation_id}",
                "getMitigation",
                everyone,
                BodyKind::none,
                {},
                bind(services, get)});
    router.add({Method::post,
                "/mitigations/{mitigation_id}/approve",
                "approveMitigation",
                changers,
                BodyKind::json,
                {},
                bind(services, approve)});
    router.add({Method::post,
                "/mitigations/{mitigation_id}/withdraw",
                "withdrawMitigation",
                changers,
                BodyKind::json,
                {},
                bind(services, withdraw)});
    router.add({Method::post,
                "/mitigations/{mitigation_id}/extend",
                "extendMitigation",
                changers,
                BodyKind::json,
                {},
                bind(services, extend)});
    router.add({Method::post,
                "/mitigations/{mitigation_id}/guard",
                "setMitigationGuard",
                operator_admins,
                BodyKind::json,
                {},
                bind(services, set_guard)});
}

}  // namespace sluice::api::mitigations
