#include "apps/controller/response_bridge.hpp"

#include <vector>

#include "tenancy/caller.hpp"

namespace sluice::apps::controller {
namespace {

using mitigation::MitigationChange;

// What the timeline calls it (schema/openapi.yaml, TimelineEntry).
std::string entry_kind(MitigationChange change) {
    if (change == MitigationChange::cleaning) return "clean-traffic";
    return "mitigation-" + std::string(mitigation::to_string(change));
}

tenancy::AuditedAction audited(const model::Mitigation& mitigation, std::string_view action,
                               std::string_view text) {
    return {mitigation.tenant,
            std::string(action),
            mitigation.id.to_string() + " " + mitigation.target.to_string(),
            {},
            {},
            std::string(text)};
}

}  // namespace

void ResponseBridge::on_incidents(std::span<const model::Incident> incidents) {
    mitigations_->on_incidents(incidents);
}

bool ResponseBridge::any_live(model::IncidentId incident) {
    return mitigations_->any_live(incident);
}

void ResponseBridge::on_mitigation(const model::Mitigation& mitigation, MitigationChange change,
                                   const std::string& text, base::Timestamp at) {
    const mitigation::MitigationNews news{mitigation, change, text, at};
    on_mitigations({&news, 1});
}

void ResponseBridge::on_mitigations(std::span<const mitigation::MitigationNews> news) {
    std::vector<incident::IncidentService::Note> notes;
    std::vector<model::Event> events;
    for (const auto& [mitigation, change, text, at] : news) {
        if (!mitigation.incident.is_none()) {
            notes.push_back({mitigation.incident, {.at = at, .kind = entry_kind(change), .text = text}});
        }
        auto& event = events.emplace_back();
        event.at = at;
        event.kind = "mitigation." + std::string(mitigation::to_string(change));
        event.tenant = mitigation.tenant;
        event.incident = mitigation.incident;
        event.mitigation = mitigation.id;
        event.text = text;
    }
    incidents_->note_all(notes);
    events_.publish_all(std::move(events));
}

void ResponseBridge::on_refusal(model::TenantId tenant, model::IncidentId incident, const std::string& text,
                                base::Timestamp at) {
    if (!incident.is_none()) incidents_->note(incident, "mitigation-refused", text, at);
    model::Event event;
    event.at = at;
    event.kind = "mitigation.refused";
    event.tenant = tenant;
    event.incident = incident;
    event.text = text;
    events_.publish(std::move(event));
}

void ResponseBridge::on_alarm(const mitigation::Alarm& alarm, base::Timestamp /*at*/) {
    using api::system::Severity;
    alarms_.set(alarm.raised, {alarm.code,
                               alarm.subject,
                               alarm.critical ? Severity::critical : Severity::warning,
                               alarm.sentence,
                               alarm.what_to_do,
                               {},
                               {}});
}

void ResponseBridge::on_gateway(const std::string& name, bool healthy, base::Timestamp at) {
    model::Event event;
    event.at = at;
    event.kind = healthy ? "gateway.up" : "gateway.down";
    event.text = healthy ? "The gateway " + name + " can take traffic."
                         : "The gateway " + name + " takes no traffic any more.";
    events_.publish(std::move(event));
}

base::Status ResponseBridge::record(const model::TenantScope& scope, std::string_view actor,
                                    std::string_view action, const model::Mitigation& mitigation,
                                    std::string_view text) {
    tenancy::Caller caller = tenancy::platform_caller(std::string(actor));
    caller.scope = scope;
    const auto entry = audit_.record(caller, audited(mitigation, action, text));
    if (!entry) return std::unexpected(entry.error());
    return {};
}

base::Status ResponseBridge::record_all(std::span<const mitigation::AutomaticAction> actions) {
    std::vector<tenancy::AuditedAction> audit;
    for (const auto& [mitigation, action, text] : actions) {
        audit.push_back(audited(mitigation, action, text));
    }
    return audit_.record_all(tenancy::platform_caller("auto"), audit);
}

}  // namespace sluice::apps::controller
