#include "model/attack_vector.hpp"
#include "rpc/convert_basic.hpp"
#include "rpc/convert_collector.hpp"
#include "rpc/field_reader.hpp"

namespace sluice::rpc {
namespace {

using rpc::to_message;

// As model/finding.hpp says.
constexpr std::size_t max_vectors = 8;
constexpr std::size_t max_sources = 16;
constexpr std::size_t max_ingress = 8;
constexpr std::size_t max_samples = 8;
constexpr std::size_t max_hosts = 16;

void to_message(const model::FlowRecord& record, link::v1::FlowSample& out) {
    out.set_source(to_bytes(record.source));
    out.set_destination(to_bytes(record.destination));
    out.set_next_hop(to_bytes_or_empty(record.next_hop));
    out.set_exporter(to_bytes_or_empty(record.exporter));
    out.set_packets(record.packets);
    out.set_bytes(record.bytes);
    out.set_sampling(record.sampling);
    out.set_input_interface(record.input_interface);
    out.set_output_interface(record.output_interface);
    out.set_source_as(record.source_as);
    out.set_destination_as(record.destination_as);
    out.set_observation_domain(record.observation_domain);
    out.set_flow_label(record.flow_label);
    out.set_fragment_id(record.fragment_id);
    out.set_source_port(record.source_port);
    out.set_destination_port(record.destination_port);
    out.set_vlan(record.vlan);
    out.set_icmp_type_code(record.icmp_type_code);
    out.set_fragment_offset(record.fragment_offset);
    out.set_fragment_flags(record.fragment_flags);
    out.set_protocol(record.protocol);
    out.set_tcp_flags(record.tcp_flags);
    out.set_tos(record.tos);
    out.set_source_mask(record.source_mask);
    out.set_destination_mask(record.destination_mask);
    out.set_direction(record.direction);
    out.set_ttl(record.ttl);
    out.set_reported_by(name_of(record.reported_by, flow_sources));
    out.set_first_at(to_ns(record.first_at));
    out.set_last_at(to_ns(record.last_at));
}

model::FlowRecord to_record(FieldReader& read, const link::v1::FlowSample& in) {
    model::FlowRecord record;
    record.source = read.address(in.source(), "samples.source");
    record.destination = read.address(in.destination(), "samples.destination");
    record.next_hop = read.address_or_none(in.next_hop(), "samples.next_hop");
    record.exporter = read.address_or_none(in.exporter(), "samples.exporter");
    record.packets = in.packets();
    record.bytes = in.bytes();
    record.sampling = in.sampling();
    if (record.sampling == 0) read.fail("samples.sampling", "one in 0 is no sampling rate");
    record.input_interface = in.input_interface();
    record.output_interface = in.output_interface();
    record.source_as = in.source_as();
    record.destination_as = in.destination_as();
    record.observation_domain = in.observation_domain();
    record.flow_label = in.flow_label();
    record.fragment_id = in.fragment_id();
    record.source_port = read.u16(in.source_port(), "samples.source_port");
    record.destination_port = read.u16(in.destination_port(), "samples.destination_port");
    record.vlan = read.u16(in.vlan(), "samples.vlan");
    record.icmp_type_code = read.u16(in.icmp_type_code(), "samples.icmp_type_code");
    record.fragment_offset = read.u16(in.fragment_offset(), "samples.fragment_offset");
    record.fragment_flags = read.u8(in.fragment_flags(), "samples.fragment_flags");
    record.protocol = read.u8(in.protocol(), "samples.protocol");
    record.tcp_flags = read.u8(in.tcp_flags(), "samples.tcp_flags");
    record.tos = read.u8(in.tos(), "samples.tos");
    record.source_mask = read.u8(in.source_mask(), "samples.source_mask");
    record.destination_mask = read.u8(in.destination_mask(), "samples.destination_mask");
    record.direction = read.u8(in.direction(), "samples.direction");
    record.ttl = read.u8(in.ttl(), "samples.ttl");
    record.reported_by = read.named(in.reported_by(), flow_sources, "samples.reported_by");
    record.first_at = read.time(in.first_at(), "samples.first_at");
    record.last_at = read.time(in.last_at(), "samples.last_at");
    return record;
}

model::AttackVector to_vector(FieldReader& read, const std::string& name, std::string_view field) {
    const auto vector = model::parse_attack_vector(name);
    if (!vector) read.fail(field, "is no attack vector that this release knows");
    return vector.value_or(model::AttackVector::total);
}

void read_evidence(FieldReader& read, const link::v1::Finding& in, model::Finding& finding) {
    if (!read.size(in.vectors_size(), max_vectors, "vectors") ||
        !read.size(in.sources_size(), max_sources, "sources") ||
        !read.size(in.ingress_size(), max_ingress, "ingress") ||
        !read.size(in.samples_size(), max_samples, "samples") ||
        !read.size(in.hosts_size(), max_hosts, "hosts")) {
        return;
    }
    for (const auto& share : in.vectors()) {
        finding.vectors.push_back({to_vector(read, share.vector(), "vectors.vector"), to_rate(share.rate())});
    }
    for (const auto& source : in.sources()) {
        finding.sources.push_back({read.prefix(source.source(), "sources.source"),
                                   read.u16(source.source_port(), "sources.source_port"),
                                   to_rate(source.rate())});
    }
    for (const auto& share : in.ingress()) {
        finding.ingress.push_back({read.address_or_none(share.exporter(), "ingress.exporter"),
                                   share.interface(), to_rate(share.rate())});
    }
    for (const auto& sample : in.samples()) finding.samples.push_back(to_record(read, sample));
    for (const auto& host : in.hosts()) finding.hosts.push_back(read.prefix(host, "hosts"));
}

}  // namespace

void to_message(const model::Finding& finding, link::v1::Finding& out) {
    out.set_key(finding.key);
    out.set_state(name_of(finding.state, finding_states));
    out.set_tenant(finding.tenant.value());
    out.set_scope(name_of(finding.scope, count_scopes));
    out.set_direction(name_of(finding.direction, directions));
    to_message(finding.target, *out.mutable_target());
    out.set_first_seen_at(to_ns(finding.first_seen_at));
    out.set_detected_at(to_ns(finding.detected_at));
    out.set_last_seen_at(to_ns(finding.last_seen_at));
    auto& rule = *out.mutable_rule();
    rule.set_threshold(finding.rule.threshold);
    rule.set_metric(finding.rule.metric);
    rule.set_limit(finding.rule.limit);
    rule.set_observed(finding.rule.observed);
    rule.set_usual(finding.rule.usual);
    to_message(finding.before, *out.mutable_before());
    to_message(finding.current, *out.mutable_current());
    to_message(finding.peak, *out.mutable_peak());
    to_message(finding.usual, *out.mutable_usual());
    for (const auto& share : finding.vectors) {
        auto& item = *out.add_vectors();
        item.set_vector(std::string(model::to_string(share.vector)));
        to_message(share.rate, *item.mutable_rate());
    }
    for (const auto& source : finding.sources) {
        auto& item = *out.add_sources();
        to_message(source.source, *item.mutable_source());
        item.set_source_port(source.source_port);
        to_message(source.rate, *item.mutable_rate());
    }
    out.set_distinct_sources(finding.distinct_sources);
    for (const auto& share : finding.ingress) {
        auto& item = *out.add_ingress();
        item.set_exporter(to_bytes_or_empty(share.exporter));
        item.set_interface(share.interface);
        to_message(share.rate, *item.mutable_rate());
    }
    for (const auto& sample : finding.samples) to_message(sample, *out.add_samples());
    for (const auto& host : finding.hosts) to_message(host, *out.add_hosts());
    out.set_destination_port(finding.destination_port);
}

base::Result<model::Finding> to_model(const link::v1::Finding& in) {
    FieldReader read("finding");
    model::Finding finding;
    finding.key = read.text(in.key(), "key", 128);
    if (finding.key.empty()) read.fail("key", "is empty");
    finding.state = read.named(in.state(), finding_states, "state");
    finding.tenant = read.id<model::TenantId>(in.tenant(), "tenant");
    finding.scope = read.named(in.scope(), count_scopes, "scope");
    finding.direction = read.named(in.direction(), directions, "direction");
    finding.target = read.prefix(in.target(), "target");
    if (finding.scope == model::CountScope::host && read.ok() && !finding.target.is_host()) {
        read.fail("target", "is no host although the scope is");
    }
    finding.first_seen_at = read.time(in.first_seen_at(), "first_seen_at");
    finding.detected_at = read.time(in.detected_at(), "detected_at");
    finding.last_seen_at = read.time(in.last_seen_at(), "last_seen_at");
    finding.rule.threshold = read.text(in.rule().threshold(), "rule.threshold", 128);
    finding.rule.metric = read.text(in.rule().metric(), "rule.metric", 32);
    finding.rule.limit = in.rule().limit();
    finding.rule.observed = in.rule().observed();
    finding.rule.usual = in.rule().usual();
    finding.before = to_rate(in.before());
    finding.current = to_rate(in.current());
    finding.peak = to_rate(in.peak());
    finding.usual = to_usual(in.usual());
    finding.distinct_sources = in.distinct_sources();
    finding.destination_port = read.u16(in.destination_port(), "destination_port");
    read_evidence(read, in, finding);
    if (!read.ok()) return std::unexpected(read.error());
    return finding;
}

}  // namespace sluice::rpc
