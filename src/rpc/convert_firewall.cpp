#include "rpc/convert_firewall.hpp"

#include <algorithm>

#include "model/firewall_policy.hpp"
#include "rpc/convert_attributes.hpp"
#include "rpc/convert_basic.hpp"
#include "rpc/field_reader.hpp"

namespace sluice::rpc {
namespace {

using model::FirewallLimits;
using rpc::to_message;

constexpr NameTable<model::AttachmentKind, 5> attachment_kinds{{{model::AttachmentKind::prefix, "prefix"},
                                                                {model::AttachmentKind::port, "port"},
                                                                {model::AttachmentKind::vlan, "vlan"},
                                                                {model::AttachmentKind::qinq, "qinq"},
                                                                {model::AttachmentKind::vxlan, "vxlan"}}};
constexpr NameTable<model::RuleAction, 3> rule_actions{{{model::RuleAction::allow, "allow"},
                                                        {model::RuleAction::drop, "drop"},
                                                        {model::RuleAction::reject, "reject"}}};
constexpr NameTable<model::NatKind, 4> nat_kinds{{{model::NatKind::source, "source"},
                                                  {model::NatKind::destination, "destination"},
                                                  {model::NatKind::one_to_one, "one_to_one"},
                                                  {model::NatKind::exempt, "exempt"}}};

constexpr std::size_t longest_name = 128;
constexpr std::size_t most_nat_rules = 100'000;  // a port forward is one for each of its services
constexpr std::uint32_t minutes_a_week = 7 * 24 * 60;

std::string to_bytes(const std::vector<model::ZoneIndex>& zones) {
    return {zones.begin(), zones.end()};
}

std::vector<model::ZoneIndex> to_zones(FieldReader& read, const std::string& bytes, std::size_t known,
                                       std::string_view field) {
    std::vector<model::ZoneIndex> zones;
    for (const char byte : bytes) {
        zones.push_back(static_cast<model::ZoneIndex>(byte));
        if (zones.back() >= known) read.fail(field, "names a zone that is not there");
    }
    return zones;
}

template <class List>
void to_messages(const std::vector<net::Prefix>& prefixes, List& out) {
    for (const auto& prefix : prefixes) to_message(prefix, *out.Add());
}

template <class List>
std::vector<net::Prefix> to_prefixes(FieldReader& read, const List& in, std::string_view field) {
    std::vector<net::Prefix> prefixes;
    if (!read.size(in.size(), FirewallLimits::written_out_addresses, field)) return prefixes;
    prefixes.reserve(static_cast<std::size_t>(in.size()));
    for (const auto& prefix : in) prefixes.push_back(read.prefix(prefix, field));
    return prefixes;
}

void to_message(const model::Attachment& attachment, link::v1::Attachment& out) {
    out.set_name(attachment.name);
    out.set_zone(attachment.zone);
    out.set_kind(name_of(attachment.kind, attachment_kinds));
    out.set_port(attachment.port);
    out.set_vlan(attachment.vlan);
    out.set_inner_vlan(attachment.inner_vlan);
    out.set_vni(attachment.vni);
    out.set_tunnel_endpoint(to_bytes_or_empty(attachment.tunnel_endpoint));
    out.set_gateway4(to_bytes_or_empty(attachment.gateway4));
    out.set_gateway6(to_bytes_or_empty(attachment.gateway6));
    if (attachment.next_hop_mac != decltype(attachment.next_hop_mac){})
        out.set_next_hop_mac(attachment.next_hop_mac.data(), attachment.next_hop_mac.size());
    to_messages(attachment.prefixes, *out.mutable_prefixes());
}

model::Attachment to_attachment(FieldReader& read, const link::v1::Attachment& in, std::size_t zones) {
    model::Attachment attachment;
    attachment.name = read.text(in.name(), "firewall.attachments.name", longest_name);
    attachment.zone = read.u8(in.zone(), "firewall.attachments.zone");
    if (attachment.zone >= zones) read.fail("firewall.attachments.zone", "names a zone that is not there");
    attachment.kind = read.named(in.kind(), attachment_kinds, "firewall.attachments.kind");
    attachment.port = read.text(in.port(), "firewall.attachments.port", longest_name);
    attachment.vlan = read.u16(in.vlan(), "firewall.attachments.vlan");
    attachment.inner_vlan = read.u16(in.inner_vlan(), "firewall.attachments.inner_vlan");
    attachment.vni = in.vni();
    if (attachment.vlan > 4094 || attachment.inner_vlan > 4094)
        read.fail("firewall.attachments.vlan", "is above 4094");
    if (attachment.vni > 0xffffff) read.fail("firewall.attachments.vni", "has more than 24 bits");
    attachment.tunnel_endpoint =
        read.address_or_none(in.tunnel_endpoint(), "firewall.attachments.tunnel_endpoint");
    attachment.gateway4 = read.address_or_none(in.gateway4(), "firewall.attachments.gateway4");
    attachment.gateway6 = read.address_or_none(in.gateway6(), "firewall.attachments.gateway6");
    if (!attachment.gateway4.is_none() && !attachment.gateway4.is_v4())
        read.fail("firewall.attachments.gateway4", "is no IPv4 address");
    if (attachment.gateway6.is_v4()) read.fail("firewall.attachments.gateway6", "is no IPv6 address");
    if (in.next_hop_mac().size() == attachment.next_hop_mac.size())
        std::copy(in.next_hop_mac().begin(), in.next_hop_mac().end(), attachment.next_hop_mac.begin());
    else if (!in.next_hop_mac().empty())
        read.fail("firewall.attachments.next_hop_mac", "has not 6 bytes");
    attachment.prefixes = to_prefixes(read, in.prefixes(), "firewall.attachments.prefixes");
    return attachment;
}

void to_message(const model::PortRange& range, link::v1::PortRange& out) {
    out.set_first(range.first);
    out.set_last(range.last);
}

model::PortRange to_range(FieldReader& read, const link::v1::PortRange& in, std::string_view field) {
    const model::PortRange range{read.u16(in.first(), field), read.u16(in.last(), field)};
    if (range.first > range.last) read.fail(field, "ends before it begins");
    return range;
}

void to_message(const model::ServiceMatch& service, link::v1::ServiceMatch& out) {
    out.set_protocol(service.protocol);
    if (service.source_port != model::PortRange{})
        to_message(service.source_port, *out.mutable_source_port());
    if (service.destination_port != model::PortRange{})
        to_message(service.destination_port, *out.mutable_destination_port());
    if (service.icmp_type != model::ServiceMatch::any_icmp) out.set_icmp_type(service.icmp_type);
    if (service.icmp_code != model::ServiceMatch::any_icmp) out.set_icmp_code(service.icmp_code);
}

model::ServiceMatch to_service(FieldReader& read, const link::v1::ServiceMatch& in) {
    model::ServiceMatch service;
    service.protocol = read.u8(in.protocol(), "firewall.services.protocol");
    if (in.has_source_port())
        service.source_port = to_range(read, in.source_port(), "firewall.services.source_port");
    if (in.has_destination_port())
        service.destination_port =
            to_range(read, in.destination_port(), "firewall.services.destination_port");
    if (in.has_icmp_type()) service.icmp_type = read.u8(in.icmp_type(), "firewall.services.icmp_type");
    if (in.has_icmp_code()) service.icmp_code = read.u8(in.icmp_code(), "firewall.services.icmp_code");
    return service;
}

template <class List>
std::vector<model::AttributeMatch> to_attributes(FieldReader& read, const List& in, std::string_view field) {
    std::vector<model::AttributeMatch> matches;
    if (!read.size(in.size(), FirewallLimits::rule_attributes, field)) return matches;
    for (const auto& match : in) {
        matches.push_back(to_attribute_match(read, match, field));
        // It would be anything.
        if (read.ok() && !matches.back().any()) read.fail(field, "asks for nothing");
    }
    return matches;
}

void to_message(const model::FirewallRule& rule, link::v1::FirewallRule& out) {
    out.set_name(rule.name);
    out.set_from(to_bytes(rule.from));
    out.set_to(to_bytes(rule.to));
    to_messages(rule.sources, *out.mutable_sources());
    to_messages(rule.destinations, *out.mutable_destinations());
    for (const auto& match : rule.source_is) to_message(match, *out.add_source_is());
    for (const auto& match : rule.destination_is) to_message(match, *out.add_destination_is());
    for (const auto& service : rule.services) to_message(service, *out.add_services());
    for (const auto& user : rule.users) out.add_users(user);
    for (const auto& window : rule.windows) {
        auto& to = *out.add_windows();
        to.set_first_minute(window.first_minute);
        to.set_end_minute(window.end_minute);
    }
    out.set_action(name_of(rule.action, rule_actions));
    out.set_log(rule.log);
}

model::FirewallRule to_rule(FieldReader& read, const link::v1::FirewallRule& in, std::size_t zones) {
    model::FirewallRule rule;
    rule.name = read.text(in.name(), "firewall.rules.name", longest_name);
    rule.from = to_zones(read, in.from(), zones, "firewall.rules.from");
    rule.to = to_zones(read, in.to(), zones, "firewall.rules.to");
    rule.sources = to_prefixes(read, in.sources(), "firewall.rules.sources");
    rule.destinations = to_prefixes(read, in.destinations(), "firewall.rules.destinations");
    rule.source_is = to_attributes(read, in.source_is(), "firewall.rules.source_is");
    rule.destination_is = to_attributes(read, in.destination_is(), "firewall.rules.destination_is");
    if (read.size(in.services_size(), FirewallLimits::written_out_services, "firewall.rules.services")) {
        for (const auto& service : in.services()) rule.services.push_back(to_service(read, service));
    }
    if (read.size(in.users_size(), FirewallLimits::users, "firewall.rules.users")) {
        for (const auto& user : in.users())
            rule.users.push_back(read.text(user, "firewall.rules.users", longest_name));
    }
    if (read.size(in.windows_size(), minutes_a_week, "firewall.rules.windows")) {
        for (const auto& window : in.windows()) {
            if (window.first_minute() >= window.end_minute() || window.end_minute() > minutes_a_week)
                read.fail("firewall.rules.windows", "is no window of a week");
            rule.windows.push_back({read.u16(window.first_minute(), "firewall.rules.windows"),
                                    read.u16(window.end_minute(), "firewall.rules.windows")});
        }
    }
    rule.action = read.named(in.action(), rule_actions, "firewall.rules.action");
    rule.log = in.log();
    return rule;
}

void to_message(const model::NatRule& nat, link::v1::NatRule& out) {
    out.set_name(nat.name);
    out.set_kind(name_of(nat.kind, nat_kinds));
    out.set_from(to_bytes(nat.from));
    out.set_to(to_bytes(nat.to));
    to_messages(nat.match, *out.mutable_match());
    to_message(nat.service, *out.mutable_service());
    to_messages(nat.translated, *out.mutable_translated());
    out.set_translated_port(nat.translated_port);
    out.set_hairpin(nat.hairpin);
}

model::NatRule to_nat(FieldReader& read, const link::v1::NatRule& in, std::size_t zones) {
    model::NatRule nat;
    nat.name = read.text(in.name(), "firewall.nat.name", longest_name);
    nat.kind = read.named(in.kind(), nat_kinds, "firewall.nat.kind");
    nat.from = to_zones(read, in.from(), zones, "firewall.nat.from");
    nat.to = to_zones(read, in.to(), zones, "firewall.nat.to");
    nat.match = to_prefixes(read, in.match(), "firewall.nat.match");
    nat.service = to_service(read, in.service());
    nat.translated = to_prefixes(read, in.translated(), "firewall.nat.translated");
    nat.translated_port = read.u16(in.translated_port(), "firewall.nat.translated_port");
    nat.hairpin = in.hairpin();
    return nat;
}

void to_message(const model::FlowTimeouts& timeouts, link::v1::FlowTimeouts& out) {
    out.set_tcp_half_open_s(timeouts.tcp_half_open_s);
    out.set_tcp_established_s(timeouts.tcp_established_s);
    out.set_tcp_closing_s(timeouts.tcp_closing_s);
    out.set_udp_s(timeouts.udp_s);
    out.set_udp_single_s(timeouts.udp_single_s);
    out.set_icmp_s(timeouts.icmp_s);
    out.set_other_s(timeouts.other_s);
}

model::FlowTimeouts to_timeouts(const link::v1::FlowTimeouts& in) {
    return {in.tcp_half_open_s(), in.tcp_established_s(), in.tcp_closing_s(),
            in.udp_s(),           in.udp_single_s(),      in.icmp_s(),
            in.other_s()};
}

}  // namespace

void to_message(const model::FirewallProgram& firewall, link::v1::FirewallProgram& out) {
    out.set_enabled(firewall.enabled);
    for (const auto& zone : firewall.zones) out.add_zones(zone);
    for (const auto& attachment : firewall.attachments) to_message(attachment, *out.add_attachments());
    for (const auto& rule : firewall.rules) to_message(rule, *out.add_rules());
    for (const auto& nat : firewall.nat) to_message(nat, *out.add_nat());
    to_message(firewall.timeouts, *out.mutable_timeouts());
    auto& limits = *out.mutable_limits();
    limits.set_flows(firewall.limits.flows);
    limits.set_new_flows_per_s(firewall.limits.new_flows_per_s);
    limits.set_flows_a_source(firewall.limits.flows_a_source);
    limits.set_new_flows_a_source_per_s(firewall.limits.new_flows_a_source_per_s);
    to_message(firewall.inbound, *out.mutable_inbound());
    to_message(firewall.outbound, *out.mutable_outbound());
    out.set_strict_tcp(firewall.strict_tcp);
    auto& attacks = *out.mutable_attacks();
    attacks.set_contain(std::string(model::to_string(firewall.attacks.contain)));
    attacks.set_new_flows_per_s(firewall.attacks.new_flows_per_s);
    attacks.set_targets_per_s(firewall.attacks.targets_per_s);
    attacks.set_packets_per_s(firewall.attacks.packets_per_s);
    attacks.set_contained_per_s(firewall.attacks.contained_per_s);
    attacks.set_hold_s(firewall.attacks.hold_s);
}

static model::OutboundPolicy to_outbound(FieldReader& read, const link::v1::OutboundPolicy& in) {
    model::OutboundPolicy policy;
    if (in.contain().empty()) return policy;
    const auto action = model::parse_outbound_action(in.contain());
    if (!action) read.fail("firewall.attacks.contain", "is not known");
    policy = {action.value_or(model::OutboundAction::off),
              in.new_flows_per_s(),
              in.targets_per_s(),
              in.packets_per_s(),
              in.contained_per_s(),
              in.hold_s()};
    return policy;
}

model::FirewallProgram to_firewall(FieldReader& read, const link::v1::FirewallProgram& in) {
    model::FirewallProgram firewall;
    if (!read.size(in.zones_size(), model::any_zone, "firewall.zones") ||
        !read.size(in.attachments_size(), FirewallLimits::attachments, "firewall.attachments") ||
        !read.size(in.rules_size(), FirewallLimits::rules, "firewall.rules") ||
        !read.size(in.nat_size(), most_nat_rules, "firewall.nat"))
        return firewall;
    firewall.enabled = in.enabled();
    for (const auto& zone : in.zones())
        firewall.zones.push_back(read.text(zone, "firewall.zones", longest_name));
    const std::size_t zones = firewall.zones.size();
    for (const auto& attachment : in.attachments())
        firewall.attachments.push_back(to_attachment(read, attachment, zones));
    firewall.rules.reserve(static_cast<std::size_t>(in.rules_size()));
    for (const auto& rule : in.rules()) {
        firewall.rules.push_back(to_rule(read, rule, zones));
        if (!read.ok()) return firewall;
    }
    for (const auto& nat : in.nat()) {
        firewall.nat.push_back(to_nat(read, nat, zones));
        if (!read.ok()) return firewall;
    }
    firewall.timeouts = to_timeouts(in.timeouts());
    firewall.limits = {in.limits().flows(), in.limits().new_flows_per_s(), in.limits().flows_a_source(),
                       in.limits().new_flows_a_source_per_s()};
    firewall.inbound = to_limit(in.inbound());
    firewall.outbound = to_limit(in.outbound());
    firewall.strict_tcp = in.strict_tcp();
    firewall.attacks = to_outbound(read, in.attacks());
    return firewall;
}

}  // namespace sluice::rpc
