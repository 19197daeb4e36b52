#include "store/document/document.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <stdexcept>

// How each value stands in JSON. Objects list their fields once, in a visitor that both directions use, so
// that nothing is written that is not read.
namespace sluice::store::document {
namespace {

using nlohmann::json;

struct Writer {
    json out = json::object();
};
struct Reader {
    const json& in;
};

template <class T, class Parsed>
T require(Parsed parsed, const json& in) {
    if (!parsed) throw std::invalid_argument("unexpected value " + in.dump());
    return *parsed;
}

template <class T>
json to_json(const T& value);
template <class T>
void from_json(const json& in, T& value);

template <class T>
void field(Writer& writer, const char* name, T& value) {
    writer.out[name] = to_json(value);
}
template <class T>
void field(Reader& reader, const char* name, T& value) {
    if (const auto found = reader.in.find(name); found != reader.in.end()) from_json(*found, value);
}

template <class V>
void fields(V& v, model::TrafficRate& r) {
    field(v, "pps", r.packets_per_s);
    field(v, "bps", r.bits_per_s);
}
template <class V>
void fields(V& v, model::UsualTraffic& u) {
    field(v, "pps", u.packets_per_s);
    field(v, "tcp_pps", u.tcp_packets_per_s);
    field(v, "udp_pps", u.udp_packets_per_s);
}
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
// Stages by their names: their numbers shift when one is added.
template <class V>
void stage_names(V& v, const char* name, model::StageSet& set) {
    std::vector<std::string> names = model::names_of(set);
    field(v, name, names);
    set = 0;
    for (const auto& stage : names)
        set |= model::stage_bit(require<model::Stage>(model::parse_stage(stage), stage));
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
void fields(V& v, model::RateLimit& l) {
    field(v, "pps", l.packets_per_s);
    field(v, "bps", l.bits_per_s);
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
template <class V>
void fields(V& v, model::ProtectionPolicy& p) {
    field(v, "thresholds", p.thresholds);
    field(v, "hold_down", p.hold_down_ms);
    field(v, "profile", p.profile);
    field(v, "filters", p.filters);
    field(v, "limits", p.limits);
    field(v, "firewall", p.firewall);
}

template <class T>
constexpr bool is_id = false;
template <class Tag>
constexpr bool is_id<base::Id<Tag>> = true;
template <class T>
constexpr bool is_list = false;
template <class T>
constexpr bool is_list<std::vector<T>> = true;
template <class T>
constexpr bool is_optional = false;
template <class T>
constexpr bool is_optional<std::optional<T>> = true;

// Enums whose numbers may shift between versions are kept by name, the others by number.
template <class T>
json to_json(const T& value) {
    if constexpr (std::is_same_v<T, net::Address> || std::is_same_v<T, net::Prefix>) {
        return value.to_string();
    } else if constexpr (std::is_same_v<T, model::AttackVector>) {
        return std::string(model::to_string(value));
    } else if constexpr (std::is_same_v<T, base::Timestamp>) {
        return value.time_since_epoch().count();
    } else if constexpr (is_id<T>) {
        return value.value();
    } else if constexpr (is_optional<T>) {
        return value ? to_json(*value) : json(nullptr);
    } else if constexpr (is_list<T>) {
        json list = json::array();
        for (const auto& item : value) list.push_back(to_json(item));
        return list;
    } else if constexpr (std::is_same_v<T, std::array<std::uint8_t, 6>>) {
        return value;
    } else if constexpr (std::is_enum_v<T>) {
        return static_cast<unsigned>(value);
    } else if constexpr (std::is_arithmetic_v<T> || std::is_same_v<T, std::string>) {
        return value;
    } else {
        Writer writer;
        T copy = value;
        fields(writer, copy);
        return std::move(writer.out);
    }
}

template <class T>
void from_json(const json& in, T& value) {
    if constexpr (std::is_same_v<T, net::Address>) {
        value = require<T>(net::Address::parse(in.get<std::string>()), in);
    } else if constexpr (std::is_same_v<T, net::Prefix>) {
        value = require<T>(net::Prefix::parse(in.get<std::string>()), in);
    } else if constexpr (std::is_same_v<T, model::AttackVector>) {
        value = require<T>(model::parse_attack_vector(in.get<std::string>()), in);
    } else if constexpr (std::is_same_v<T, base::Timestamp>) {
        value = base::Timestamp{base::Duration{in.get<std::int64_t>()}};
    } else if constexpr (is_id<T>) {
        value = T(in.get<std::uint64_t>());
    } else if constexpr (is_optional<T>) {
        value.reset();
        if (in.is_null()) return;
        typename T::value_type item{};
        from_json(in, item);
        value = std::move(item);
    } else if constexpr (is_list<T>) {
        value.clear();
        for (const auto& item : in) from_json(item, value.emplace_back());
    } else if constexpr (std::is_same_v<T, std::array<std::uint8_t, 6>>) {
        value = in.get<T>();
    } else if constexpr (std::is_enum_v<T>) {
        value = static_cast<T>(in.get<unsigned>());
    } else if constexpr (std::is_arithmetic_v<T> || std::is_same_v<T, std::string>) {
        value = in.get<T>();
    } else {
        Reader reader{in};
        fields(reader, value);
    }
}

template <class T>
base::Result<T> read(std::string_view text, std::string_view what) {
    try {
        T value{};
        from_json(json::parse(text), value);
        return value;
    } catch (const std::exception& problem) {
        return base::fail(base::ErrorCode::corrupt,
                          fmt::format("a stored {} does not make sense: {}", what, problem.what()), {},
                          "restore the store from a backup");
    }
}

}  // namespace

// A text that is no UTF-8 (a name from outside) is kept readable rather than refused.
std::string write(const model::Incident& incident) {
    return to_json(incident).dump(-1, ' ', false, json::error_handler_t::replace);
}
std::string write(const model::Mitigation& mitigation) {
    return to_json(mitigation).dump(-1, ' ', false, json::error_handler_t::replace);
}
std::string write(const model::ProtectionPolicy& protection) {
    return to_json(protection).dump(-1, ' ', false, json::error_handler_t::replace);
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
