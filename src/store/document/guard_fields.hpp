// What a customer's guard looks at and drops: thresholds, profile, filters.
#pragma once

#include "model/attribute_match.hpp"
#include "model/payload_match.hpp"
#include "model/tenant_policy.hpp"
#include "model/tenant_program.hpp"
#include "store/document/object_json.hpp"
#include "store/document/traffic_fields.hpp"

namespace sluice::store::document {

template <class V>
void fields(V& v, model::Threshold& t) {
    field(v, "name", t.name);
    field(v, "scope", t.scope);
    field(v, "direction", t.direction);
    field(v, "vector", t.vector);
    field(v, "pps", t.packets_per_s);
    field(v, "bps", t.bits_per_s);
    field(v, "line_rate", t.line_rate_fraction);
    field(v, "z", t.learned_z);
    field(v, "floor", t.learned_floor_packets_per_s);
}
template <class V>
void fields(V& v, model::OfferedService& s) {
    field(v, "protocol", s.protocol);
    field(v, "first", s.port_first);
    field(v, "last", s.port_last);
}
template <class V>
void fields(V& v, model::ProtocolOverrides& p) {
    field(v, "dns", p.dns);
    field(v, "http", p.http);
    field(v, "tls", p.tls);
    field(v, "ntp", p.ntp);
    field(v, "sip", p.sip);
    field(v, "slow", p.slow);
    field(v, "dns_queries", p.dns_queries_per_s);
    field(v, "http_requests", p.http_requests_per_s);
    field(v, "connections", p.connections);
}
template <class V>
void fields(V& v, model::AnomalyOverrides& a) {
    field(v, "heavy_sources", a.heavy_sources);
    field(v, "odd_lengths", a.odd_lengths);
    field(v, "repeated_payloads", a.repeated_payloads);
    field(v, "zombies", a.zombies);
    field(v, "filter_for", a.filter_for_s);
}
template <class V>
void fields(V& v, model::ProtectionProfile& p) {
    field(v, "base", p.base);
    field(v, "drop_invalid", p.drop_invalid);
    field(v, "verify_tcp", p.verify_tcp);
    field(v, "verified_for", p.verified_for_s);
    field(v, "level", p.level);
    stage_names(v, "watch", p.watch);
    field(v, "tcp_method", p.tcp_method);
    field(v, "verify_dns", p.verify_dns);
    field(v, "verify_udp", p.verify_udp);
    field(v, "protocol", p.protocol);
    field(v, "anomaly", p.anomaly);
    field(v, "reflection", p.reflection);
    field(v, "reflection_on_attack", p.reflection_on_attack);
    field(v, "services", p.services);
    field(v, "source_limit", p.source_limit);
    field(v, "target_limit", p.target_limit);
    field(v, "fragment_limit", p.fragment_limit);
    field(v, "icmp_limit", p.icmp_limit);
    field(v, "udp_limit", p.udp_limit);
    field(v, "pair_limit", p.pair_limit);
    field(v, "service_limit", p.service_limit);
}
template <class V>
void fields(V& v, model::PayloadMatch& m) {
    field(v, "offset", m.offset);
    field(v, "bytes", m.bytes);
    field(v, "mask", m.mask);
}
template <class V>
void fields(V& v, model::AttributeMatch& m) {
    field(v, "countries", m.countries);
    field(v, "other_countries", m.other_countries);
    field(v, "reputations", m.reputations);
}
template <class V>
void fields(V& v, model::PacketFilter& f) {
    field(v, "name", f.name);
    field(v, "action", f.action);
    field(v, "source", f.source);
    field(v, "destination", f.destination);
    field(v, "protocol", f.protocol);
    field(v, "source_first", f.source_port_first);
    field(v, "source_last", f.source_port_last);
    field(v, "destination_first", f.destination_port_first);
    field(v, "destination_last", f.destination_port_last);
    field(v, "flags_mask", f.tcp_flags_mask);
    field(v, "flags_value", f.tcp_flags_value);
    field(v, "length_first", f.length_first);
    field(v, "length_last", f.length_last);
    field(v, "fragments_only", f.fragments_only);
    field(v, "payload", f.payload);
    field(v, "source_is", f.source_is);
    field(v, "dynamic", f.dynamic);
    field(v, "expires", f.expires_at);
}
template <class V>
void fields(V& v, model::MitigationLimits& l) {
    field(v, "max_active", l.max_active);
    field(v, "widest_v4", l.widest_divert_v4);
    field(v, "widest_v6", l.widest_divert_v6);
    field(v, "expires_after", l.expires_after_s);
}

}  // namespace sluice::store::document
