#include "policy/firewall_reader.hpp"

#include <algorithm>

#include "policy/attributes.hpp"
#include "policy/firewall_text.hpp"
#include "policy/names.hpp"

namespace sluice::policy::detail {

std::vector<std::string> texts_of(const Node& node) {
    if (!node) return {};
    if (node.kind() == NodeKind::text) return {node.as<std::string>()};
    std::vector<std::string> texts;
    for (const auto& item : node.items()) texts.push_back(item.as<std::string>());
    return texts;
}

namespace {

// Without "any", which says what an absent key says.
std::vector<std::string> references(const Node& node) {
    auto texts = texts_of(node);
    if (texts.size() == 1 && texts[0] == "any") texts.clear();
    return texts;
}

// In the way that they will be written again, so that two ways to write a value make no difference.
std::vector<std::string> canonical(const std::vector<std::string>& texts,
                                   std::string (*rewrite)(const std::string&)) {
    std::vector<std::string> values;
    for (const auto& text : texts) {
        std::string value = is_object_name(text) ? text : rewrite(text);
        if (std::find(values.begin(), values.end(), value) == values.end())
            values.push_back(std::move(value));
    }
    return values;
}

std::string address_text(const std::string& text) {
    const auto range = parse_address_range(text);
    return range ? format_address_range(*range) : text;
}

std::string service_text(const std::string& text) {
    const auto match = parse_service_match(text);
    return match ? format_service_match(*match) : text;
}

std::vector<std::string> address_references(const Node& node) {
    return canonical(references(node), address_text);
}

std::vector<std::string> service_references(const Node& node) {
    return canonical(references(node), service_text);
}

net::Address address_or_none(const Node& node, std::string_view key) {
    return node.has(key) ? node.get<net::Address>(key) : net::Address{};
}

model::AttachmentPolicy read_attachment(const Node& node) {
    model::AttachmentPolicy attachment;
    attachment.name = node.get<std::string>("name");
    attachment.site = node.get<std::string>("site", {});
    attachment.zone = node.get<std::string>("zone");
    attachment.kind = value_of(attachment_names, node.get<std::string>("kind"), attachment.kind);
    attachment.port = node.get<std::string>("port", attachment.port);
    attachment.vlan = node.get<std::uint16_t>("vlan", 0);
    attachment.inner_vlan = node.get<std::uint16_t>("inner_vlan", 0);
    attachment.vni = node.get<std::uint32_t>("vni", 0);
    attachment.tunnel_endpoint = address_or_none(node, "tunnel_endpoint");
    attachment.gateway4 = address_or_none(node, "gateway4");
    attachment.gateway6 = address_or_none(node, "gateway6");
    if (node.has("next_hop_mac"))
        attachment.next_hop_mac =
            parse_mac(node.get<std::string>("next_hop_mac")).value_or(attachment.next_hop_mac);
    for (const auto& prefix : node.at("prefixes").items())
        attachment.prefixes.push_back(prefix.as<net::Prefix>());
    return attachment;
}

model::AddressObject read_address(const Node& node) {
    model::AddressObject object{node.get<std::string>("name"), {}, read_attributes(node)};
    for (const auto& text : texts_of(node.at("addresses"))) {
        if (const auto range = parse_address_range(text)) object.ranges.push_back(*range);
    }
    return object;
}

model::ServiceObject read_service(const Node& node) {
    model::ServiceObject object{node.get<std::string>("name"), {}};
    for (const auto& text : texts_of(node.at("match"))) {
        if (const auto match = parse_service_match(text)) object.matches.push_back(*match);
    }
    return object;
}

model::SchedulePolicy read_schedule(const Node& node) {
    model::SchedulePolicy schedule;
    schedule.name = node.get<std::string>("name");
    if (node.has("days")) {
        schedule.days = 0;
        for (const auto& text : texts_of(node.at("days"))) schedule.days |= parse_days(text).value_or(0);
    }
    for (const auto& text : texts_of(node.at("hours"))) {
        if (const auto hours = parse_hours(text)) schedule.hours.push_back(*hours);
    }
    return schedule;
}

model::RulePolicy read_rule(const Node& node) {
    model::RulePolicy rule;
    rule.name = node.get<std::string>("name");
    rule.disabled = node.get<bool>("disabled", false);
    rule.from = references(node.at("from"));
    rule.to = references(node.at("to"));
    rule.source = address_references(node.at("source"));
    rule.destination = address_references(node.at("destination"));
    rule.service = service_references(node.at("service"));
    rule.users = references(node.at("users"));
    rule.schedule = references(node.at("schedule"));
    rule.action = value_of(rule_action_names, node.get<std::string>("action"), rule.action);
    rule.log = node.get<bool>("log", false);
    return rule;
}

model::NatPolicy read_nat(const Node& node) {
    model::NatPolicy nat;
    nat.name = node.get<std::string>("name");
    nat.kind = value_of(nat_names, node.get<std::string>("kind"), nat.kind);
    nat.from = references(node.at("from"));
    nat.to = references(node.at("to"));
    nat.source = address_references(node.at("source"));
    for (const auto& text : texts_of(node.at("pool"))) {
        if (const auto prefix = net::Prefix::parse(text)) nat.pool.push_back(*prefix);
    }
    if (node.has("public")) nat.public_side = node.get<net::Prefix>("public");
    nat.service = service_references(node.at("service"));
    if (node.has("server")) nat.server = node.get<net::Address>("server");
    nat.server_port = node.get<std::uint16_t>("server_port", 0);
    if (node.has("inside")) nat.inside = node.get<net::Prefix>("inside");
    nat.hairpin = node.get<bool>("hairpin", true);
    return nat;
}

model::FlowTimeouts read_timeouts(const Node& node) {
    model::FlowTimeouts timeouts;
    for (const auto& row : timeout_names) {
        if (!node.has(row.text)) continue;
        const auto duration = node.get<base::Duration>(row.text);
        timeouts.*row.value =
            static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::seconds>(duration).count());
    }
    return timeouts;
}

model::FlowLimits read_flow_limits(const Node& node) {
    model::FlowLimits limits;
    for (const auto& row : flow_limit_names)
        limits.*row.value = node.get<std::uint32_t>(row.text, limits.*row.value);
    return limits;
}

model::OutboundPolicy read_outbound(const Node& node) {
    model::OutboundPolicy policy = model::FirewallPolicy{}.attacks;
    if (node.has("contain"))
        policy.contain = value_of(outbound_action_names, node.get<std::string>("contain"), policy.contain);
    for (const auto& row : outbound_limit_names)
        policy.*row.value = node.get<std::uint32_t>(row.text, policy.*row.value);
    if (node.has("hold"))
        policy.hold_s = static_cast<std::uint32_t>(
            std::chrono::duration_cast<std::chrono::seconds>(node.get<base::Duration>("hold")).count());
    return policy;
}

model::RateLimit read_rate(const Node& node) {
    return {node.packets_per_s("packets"), node.bits_per_s("bits")};
}

template <class T>
std::vector<T> read_list(const Node& list, T (*read)(const Node&)) {
    std::vector<T> values;
    const auto items = list.items();
    values.reserve(items.size());
    for (const auto& item : items) values.push_back(read(item));
    return values;
}

model::ObjectGroup read_address_group(const Node& node) {
    return {node.get<std::string>("name"), canonical(texts_of(node.at("members")), address_text)};
}
model::ObjectGroup read_service_group(const Node& node) {
    return {node.get<std::string>("name"), canonical(texts_of(node.at("members")), service_text)};
}

}  // namespace

model::FirewallPolicy read_firewall(const Node& node) {
    model::FirewallPolicy firewall;
    firewall.enabled = node.get<bool>("enabled", true);
    firewall.time_zone = node.get<std::string>("time_zone", firewall.time_zone);
    firewall.zones = texts_of(node.at("zones"));
    firewall.attachments = read_list(node.at("attachments"), read_attachment);
    firewall.addresses = read_list(node.at("addresses"), read_address);
    firewall.address_groups = read_list(node.at("address_groups"), read_address_group);
    firewall.services = read_list(node.at("services"), read_service);
    firewall.service_groups = read_list(node.at("service_groups"), read_service_group);
    firewall.schedules = read_list(node.at("schedules"), read_schedule);
    firewall.users = texts_of(node.at("users"));
    firewall.user_groups = texts_of(node.at("user_groups"));
    firewall.rules = read_list(node.at("rules"), read_rule);
    firewall.nat = read_list(node.at("nat"), read_nat);
    firewall.timeouts = read_timeouts(node.at("timeouts"));
    firewall.limits = read_flow_limits(node.at("limits"));
    firewall.inbound = read_rate(node.at("committed_rate").at("inbound"));
    firewall.outbound = read_rate(node.at("committed_rate").at("outbound"));
    firewall.attacks = read_outbound(node.at("outbound"));
    firewall.strict_tcp = node.get<bool>("strict_tcp", true);
    return firewall;
}

}  // namespace sluice::policy::detail
