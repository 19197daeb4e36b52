#include "policy/firewall_writer.hpp"

#include <fmt/format.h>

#include "policy/attributes.hpp"
#include "policy/duration_text.hpp"
#include "policy/firewall_text.hpp"
#include "policy/names.hpp"

namespace sluice::policy::detail {
namespace {

std::string scalar_list(const std::vector<std::string>& texts) {
    std::vector<std::string> items;
    for (const auto& text : texts) items.push_back(quoted(text));
    return flow_list(items);
}

// One text as it is, several as a list, none not at all.
void put_texts(Lines& out, const std::string& key, const std::vector<std::string>& texts) {
    if (texts.empty()) return;
    out.put(key, texts.size() == 1 ? quoted(texts[0]) : scalar_list(texts));
}

std::vector<std::string> texts_of(const std::vector<net::Prefix>& prefixes) {
    std::vector<std::string> texts;
    for (const auto& prefix : prefixes) texts.push_back(format_prefix(prefix));
    return texts;
}

void put_number(Lines& out, const std::string& key, std::uint32_t value) {
    if (value != 0) out.put(key, fmt::format("{}", value));
}

void put_address(Lines& out, const std::string& key, const net::Address& address) {
    if (!address.is_none()) out.put(key, quoted(address.to_string()));
}

void write_attachment(Lines& out, const model::AttachmentPolicy& attachment) {
    out.begin_item();
    out.put("name", quoted(attachment.name));
    if (!attachment.site.empty()) out.put("site", quoted(attachment.site));
    out.put("zone", quoted(attachment.zone));
    out.put("kind", name_of(attachment_names, attachment.kind));
    if (attachment.kind == model::AttachmentKind::port || attachment.port != "clean")
        out.put("port", quoted(attachment.port));
    put_number(out, "vlan", attachment.vlan);
    put_number(out, "inner_vlan", attachment.inner_vlan);
    put_number(out, "vni", attachment.vni);
    put_address(out, "tunnel_endpoint", attachment.tunnel_endpoint);
    put_address(out, "gateway4", attachment.gateway4);
    put_address(out, "gateway6", attachment.gateway6);
    if (attachment.next_hop_mac != decltype(attachment.next_hop_mac){})
        out.put("next_hop_mac", quoted(format_mac(attachment.next_hop_mac)));
    out.put("prefixes", scalar_list(texts_of(attachment.prefixes)));
    out.end_item();
}

void write_address(Lines& out, const model::AddressObject& object) {
    std::vector<std::string> texts;
    for (const auto& range : object.ranges) texts.push_back(format_address_range(range));
    out.begin_item();
    out.put("name", quoted(object.name));
    put_texts(out, "addresses", texts);
    write_attributes(out, object.is);
    out.end_item();
}

void write_service(Lines& out, const model::ServiceObject& object) {
    std::vector<std::string> texts;
    for (const auto& match : object.matches) texts.push_back(format_service_match(match));
    out.begin_item();
    out.put("name", quoted(object.name));
    put_texts(out, "match", texts);
    out.end_item();
}

void write_group(Lines& out, const model::ObjectGroup& group) {
    out.begin_item();
    out.put("name", quoted(group.name));
    out.put("members", scalar_list(group.members));
    out.end_item();
}

void write_schedule(Lines& out, const model::SchedulePolicy& schedule) {
    std::vector<std::string> hours;
    for (const auto& one : schedule.hours) hours.push_back(format_hours(one));
    out.begin_item();
    out.put("name", quoted(schedule.name));
    if (schedule.days != 0x7f) out.put("days", flow_list(names_of_days(schedule.days)));
    put_texts(out, "hours", hours);
    out.end_item();
}

void write_rule(Lines& out, const model::RulePolicy& rule) {
    out.begin_item();
    out.put("name", quoted(rule.name));
    if (rule.disabled) out.put("disabled", "true");
    put_texts(out, "from", rule.from);
    put_texts(out, "to", rule.to);
    put_texts(out, "source", rule.source);
    put_texts(out, "destination", rule.destination);
    put_texts(out, "service", rule.service);
    put_texts(out, "users", rule.users);
    put_texts(out, "schedule", rule.schedule);
    out.put("action", name_of(rule_action_names, rule.action));
    if (rule.log) out.put("log", "true");
    out.end_item();
}

void write_nat(Lines& out, const model::NatPolicy& nat) {
    out.begin_item();
    out.put("name", quoted(nat.name));
    out.put("kind", name_of(nat_names, nat.kind));
    put_texts(out, "from", nat.from);
    put_texts(out, "to", nat.to);
    put_texts(out, "source", nat.source);
    put_texts(out, "pool", texts_of(nat.pool));
    if (nat.public_side) out.put("public", quoted(format_prefix(*nat.public_side)));
    put_texts(out, "service", nat.service);
    if (nat.server) out.put("server", quoted(nat.server->to_string()));
    put_number(out, "server_port", nat.server_port);
    if (nat.inside) out.put("inside", quoted(format_prefix(*nat.inside)));
    if (!nat.hairpin) out.put("hairpin", "false");
    out.end_item();
}

template <class T>
void write_list(Lines& out, const std::string& key, const std::vector<T>& values,
                void (*write)(Lines&, const T&)) {
    if (values.empty()) return;
    out.open(key);
    for (const auto& value : values) write(out, value);
    out.close();
}

void write_outbound(Lines& out, const model::OutboundPolicy& policy) {
    if (policy == model::FirewallPolicy{}.attacks) return;
    out.open("outbound");
    out.put("contain", name_of(outbound_action_names, policy.contain));
    for (const auto& row : outbound_limit_names)
        out.put(std::string(row.text), fmt::format("{}", policy.*row.value));
    out.put("hold", format_duration(std::chrono::seconds{policy.hold_s}));
    out.close();
}

void write_numbers(Lines& out, const model::FirewallPolicy& firewall) {
    if (firewall.timeouts != model::FlowTimeouts{}) {
        out.open("timeouts");
        for (const auto& row : timeout_names)
            out.put(std::string(row.text),
                    format_duration(std::chrono::seconds{firewall.timeouts.*row.value}));
        out.close();
    }
    if (firewall.limits != model::FlowLimits{}) {
        out.open("limits");
        for (const auto& row : flow_limit_names)
            out.put(std::string(row.text), fmt::format("{}", firewall.limits.*row.value));
        out.close();
    }
    const bool in = firewall.inbound != model::RateLimit{};
    const bool outward = firewall.outbound != model::RateLimit{};
    if (!in && !outward) return;
    out.open("committed_rate");
    if (in) out.put("inbound", rate_map(firewall.inbound));
    if (outward) out.put("outbound", rate_map(firewall.outbound));
    out.close();
}

}  // namespace

void write_firewall(Lines& out, const model::FirewallPolicy& firewall) {
    out.open("firewall");
    out.put("enabled", firewall.enabled ? "true" : "false");
    if (firewall.time_zone != "UTC") out.put("time_zone", quoted(firewall.time_zone));
    if (!firewall.zones.empty()) out.put("zones", scalar_list(firewall.zones));
    write_list(out, "attachments", firewall.attachments, write_attachment);
    write_list(out, "addresses", firewall.addresses, write_address);
    write_list(out, "address_groups", firewall.address_groups, write_group);
    write_list(out, "services", firewall.services, write_service);
    write_list(out, "service_groups", firewall.service_groups, write_group);
    write_list(out, "schedules", firewall.schedules, write_schedule);
    if (!firewall.users.empty()) out.put("users", scalar_list(firewall.users));
    if (!firewall.user_groups.empty()) out.put("user_groups", scalar_list(firewall.user_groups));
    write_list(out, "rules", firewall.rules, write_rule);
    write_list(out, "nat", firewall.nat, write_nat);
    write_numbers(out, firewall);
    write_outbound(out, firewall.attacks);
    if (!firewall.strict_tcp) out.put("strict_tcp", "false");
    out.close();
}

}  // namespace sluice::policy::detail
