#include "store/document/document.hpp"

#include "store/document/finding_fields.hpp"
#include "store/document/firewall_fields.hpp"
#include "store/document/guard_fields.hpp"
#include "store/document/object_json.hpp"
#include "store/document/traffic_fields.hpp"

namespace sluice::store::document {

template <class V>
void fields(V& v, model::IncidentEntry& e) {
    field(v, "at", e.at);
    field(v, "kind", e.kind);
    field(v, "text", e.text);
}
template <class V>
void fields(V& v, model::Incident& i) {
    field(v, "id", i.id);
    field(v, "tenant", i.tenant);
    field(v, "state", i.state);
    field(v, "target", i.target);
    field(v, "title", i.title);
    field(v, "direction", i.direction);
    field(v, "started", i.started_at);
    field(v, "detected", i.detected_at);
    field(v, "ended", i.ended_at);
    field(v, "peak", i.peak);
    field(v, "findings", i.findings);
    field(v, "timeline", i.timeline);
    field(v, "version", i.version);
}
template <class V>
void fields(V& v, model::FlowSpecRule& r) {
    field(v, "destination", r.destination);
    field(v, "sources", r.sources);
    field(v, "protocol", r.protocol);
    field(v, "source_port", r.source_port);
    field(v, "destination_port", r.destination_port);
    field(v, "rate", r.rate_limit_bytes_per_s);
}
template <class V>
void fields(V& v, model::MitigationGuard& g) {
    field(v, "level", g.level);
    field(v, "since", g.level_since);
    field(v, "changes", g.changes);
    field(v, "pinned", g.pinned);
    stage_names(v, "watched", g.watched);
}
template <class V>
void fields(V& v, model::Mitigation& m) {
    field(v, "id", m.id);
    field(v, "tenant", m.tenant);
    field(v, "incident", m.incident);
    field(v, "kind", m.kind);
    field(v, "state", m.state);
    field(v, "target", m.target);
    field(v, "vectors", m.vectors);
    field(v, "rule", m.rule);
    field(v, "reason", m.reason);
    field(v, "actor", m.actor);
    field(v, "created", m.created_at);
    field(v, "expires", m.expires_at);
    field(v, "held", m.held_until);
    field(v, "guard", m.guard);
    field(v, "usual", m.usual);
    field(v, "version", m.version);
}
template <class V>
void fields(V& v, model::ProtectionPolicy& p) {
    field(v, "thresholds", p.thresholds);
    field(v, "hold_down", p.hold_down_ms);
    field(v, "profile", p.profile);
    field(v, "filters", p.filters);
    field(v, "limits", p.limits);
    field(v, "firewall", p.firewall);
}

std::string write(const model::Incident& incident) {
    return text_of(incident);
}
std::string write(const model::Mitigation& mitigation) {
    return text_of(mitigation);
}
std::string write(const model::ProtectionPolicy& protection) {
    return text_of(protection);
}
base::Result<model::Incident> read_incident(std::string_view text) {
    return read<model::Incident>(text, "incident");
}
base::Result<model::Mitigation> read_mitigation(std::string_view text) {
    return read<model::Mitigation>(text, "mitigation");
}
base::Result<model::ProtectionPolicy> read_protection(std::string_view text) {
    return read<model::ProtectionPolicy>(text, "protection");
}

}  // namespace sluice::store::document
