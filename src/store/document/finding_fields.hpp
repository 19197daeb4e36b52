// A finding with its evidence.
#pragma once

#include "model/finding.hpp"
#include "model/flow_record.hpp"
#include "store/document/object_json.hpp"
#include "store/document/traffic_fields.hpp"

namespace sluice::store::document {

template <class V>
void fields(V& v, model::VectorShare& s) {
    field(v, "vector", s.vector);
    field(v, "rate", s.rate);
}
template <class V>
void fields(V& v, model::TopSource& s) {
    field(v, "source", s.source);
    field(v, "port", s.source_port);
    field(v, "rate", s.rate);
}
template <class V>
void fields(V& v, model::IngressShare& s) {
    field(v, "exporter", s.exporter);
    field(v, "interface", s.interface);
    field(v, "rate", s.rate);
}
template <class V>
void fields(V& v, model::FiredRule& r) {
    field(v, "threshold", r.threshold);
    field(v, "metric", r.metric);
    field(v, "limit", r.limit);
    field(v, "observed", r.observed);
    field(v, "usual", r.usual);
}
template <class V>
void fields(V& v, model::FlowRecord& r) {
    field(v, "source", r.source);
    field(v, "destination", r.destination);
    field(v, "next_hop", r.next_hop);
    field(v, "exporter", r.exporter);
    field(v, "packets", r.packets);
    field(v, "bytes", r.bytes);
    field(v, "sampling", r.sampling);
    field(v, "input", r.input_interface);
    field(v, "output", r.output_interface);
    field(v, "source_as", r.source_as);
    field(v, "destination_as", r.destination_as);
    field(v, "domain", r.observation_domain);
    field(v, "flow_label", r.flow_label);
    field(v, "fragment_id", r.fragment_id);
    field(v, "vrf", r.vrf);
    field(v, "mpls_label", r.mpls_label);
    field(v, "source_port", r.source_port);
    field(v, "destination_port", r.destination_port);
    field(v, "vlan", r.vlan);
    field(v, "inner_vlan", r.inner_vlan);
    field(v, "icmp", r.icmp_type_code);
    field(v, "fragment_offset", r.fragment_offset);
    field(v, "fragment_flags", r.fragment_flags);
    field(v, "protocol", r.protocol);
    field(v, "tcp_flags", r.tcp_flags);
    field(v, "tos", r.tos);
    field(v, "source_mask", r.source_mask);
    field(v, "destination_mask", r.destination_mask);
    field(v, "way", r.direction);
    field(v, "ttl", r.ttl);
    field(v, "forwarding", r.forwarding_status);
    field(v, "reverse", r.reverse);
    field(v, "by", r.reported_by);
    field(v, "first", r.first_at);
    field(v, "last", r.last_at);
}
template <class V>
void fields(V& v, model::Finding& f) {
    field(v, "key", f.key);
    field(v, "state", f.state);
    field(v, "tenant", f.tenant);
    field(v, "scope", f.scope);
    field(v, "direction", f.direction);
    field(v, "target", f.target);
    field(v, "first_seen", f.first_seen_at);
    field(v, "detected", f.detected_at);
    field(v, "last_seen", f.last_seen_at);
    field(v, "rule", f.rule);
    field(v, "before", f.before);
    field(v, "current", f.current);
    field(v, "peak", f.peak);
    field(v, "usual", f.usual);
    field(v, "vectors", f.vectors);
    field(v, "sources", f.sources);
    field(v, "distinct_sources", f.distinct_sources);
    field(v, "ingress", f.ingress);
    field(v, "samples", f.samples);
    field(v, "hosts", f.hosts);
    field(v, "destination_port", f.destination_port);
}

}  // namespace sluice::store::document
