// A customer's firewall: networks, objects, rules, translation, limits.
#pragma once

#include "model/firewall.hpp"
#include "model/firewall_policy.hpp"
#include "model/outbound.hpp"
#include "store/document/object_json.hpp"
#include "store/document/traffic_fields.hpp"

namespace sluice::store::document {

template <class V>
void fields(V& v, model::AddressRange& r) {
    field(v, "first", r.first);
    field(v, "last", r.last);
}
template <class V>
void fields(V& v, model::AttachmentPolicy& a) {
    field(v, "name", a.name);
    field(v, "site", a.site);
    field(v, "zone", a.zone);
    field(v, "kind", a.kind);
    field(v, "port", a.port);
    field(v, "vlan", a.vlan);
    field(v, "inner_vlan", a.inner_vlan);
    field(v, "vni", a.vni);
    field(v, "tunnel_endpoint", a.tunnel_endpoint);
    field(v, "gateway4", a.gateway4);
    field(v, "gateway6", a.gateway6);
    field(v, "mac", a.next_hop_mac);
    field(v, "prefixes", a.prefixes);
}
template <class V>
void fields(V& v, model::AddressObject& o) {
    field(v, "name", o.name);
    field(v, "ranges", o.ranges);
    field(v, "is", o.is);
}
template <class V>
void fields(V& v, model::PortRange& r) {
    field(v, "first", r.first);
    field(v, "last", r.last);
}
template <class V>
void fields(V& v, model::ServiceMatch& m) {
    field(v, "protocol", m.protocol);
    field(v, "source", m.source_port);
    field(v, "destination", m.destination_port);
    field(v, "type", m.icmp_type);
    field(v, "code", m.icmp_code);
}
template <class V>
void fields(V& v, model::ServiceObject& o) {
    field(v, "name", o.name);
    field(v, "matches", o.matches);
}
template <class V>
void fields(V& v, model::ObjectGroup& g) {
    field(v, "name", g.name);
    field(v, "members", g.members);
}
template <class V>
void fields(V& v, model::DayHours& h) {
    field(v, "first", h.first_minute);
    field(v, "end", h.end_minute);
}
template <class V>
void fields(V& v, model::SchedulePolicy& s) {
    field(v, "name", s.name);
    field(v, "days", s.days);
    field(v, "hours", s.hours);
}
template <class V>
void fields(V& v, model::RulePolicy& r) {
    field(v, "name", r.name);
    field(v, "disabled", r.disabled);
    field(v, "from", r.from);
    field(v, "to", r.to);
    field(v, "source", r.source);
    field(v, "destination", r.destination);
    field(v, "service", r.service);
    field(v, "users", r.users);
    field(v, "schedule", r.schedule);
    field(v, "action", r.action);
    field(v, "log", r.log);
}
template <class V>
void fields(V& v, model::NatPolicy& n) {
    field(v, "name", n.name);
    field(v, "kind", n.kind);
    field(v, "from", n.from);
    field(v, "to", n.to);
    field(v, "source", n.source);
    field(v, "pool", n.pool);
    field(v, "public", n.public_side);
    field(v, "service", n.service);
    field(v, "server", n.server);
    field(v, "server_port", n.server_port);
    field(v, "inside", n.inside);
    field(v, "hairpin", n.hairpin);
}
template <class V>
void fields(V& v, model::FlowTimeouts& t) {
    field(v, "tcp_half_open", t.tcp_half_open_s);
    field(v, "tcp_established", t.tcp_established_s);
    field(v, "tcp_closing", t.tcp_closing_s);
    field(v, "udp", t.udp_s);
    field(v, "udp_single", t.udp_single_s);
    field(v, "icmp", t.icmp_s);
    field(v, "other", t.other_s);
}
template <class V>
void fields(V& v, model::FlowLimits& l) {
    field(v, "flows", l.flows);
    field(v, "new", l.new_flows_per_s);
    field(v, "a_source", l.flows_a_source);
    field(v, "new_a_source", l.new_flows_a_source_per_s);
}
template <class V>
void fields(V& v, model::OutboundPolicy& o) {
    field(v, "contain", o.contain);
    field(v, "new_flows", o.new_flows_per_s);
    field(v, "targets", o.targets_per_s);
    field(v, "packets", o.packets_per_s);
    field(v, "contained", o.contained_per_s);
    field(v, "hold", o.hold_s);
}
template <class V>
void fields(V& v, model::FirewallPolicy& f) {
    field(v, "enabled", f.enabled);
    field(v, "time_zone", f.time_zone);
    field(v, "zones", f.zones);
    field(v, "attachments", f.attachments);
    field(v, "addresses", f.addresses);
    field(v, "address_groups", f.address_groups);
    field(v, "services", f.services);
    field(v, "service_groups", f.service_groups);
    field(v, "schedules", f.schedules);
    field(v, "users", f.users);
    field(v, "user_groups", f.user_groups);
    field(v, "rules", f.rules);
    field(v, "nat", f.nat);
    field(v, "timeouts", f.timeouts);
    field(v, "limits", f.limits);
    field(v, "inbound", f.inbound);
    field(v, "outbound", f.outbound);
    field(v, "outbound_attacks", f.attacks);
    field(v, "strict_tcp", f.strict_tcp);
}

}  // namespace sluice::store::document
