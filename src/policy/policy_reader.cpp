#include "policy/policy_reader.hpp"

#include <fmt/format.h>

#include "policy/attributes.hpp"
#include "policy/document.hpp"
#include "policy/firewall_reader.hpp"
#include "policy/names.hpp"
#include "policy/policy_checks.hpp"
#include "policy/text_format.hpp"

namespace sluice::policy {
namespace {

using namespace detail;
using model::AttackVector;

std::uint32_t milliseconds(const Node& node, std::string_view key, std::uint32_t fallback) {
    const auto duration = node.get<base::Duration>(key, std::chrono::milliseconds{fallback});
    return static_cast<std::uint32_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
}

std::uint32_t seconds(const Node& node, std::string_view key, std::uint32_t fallback) {
    const auto duration = node.get<base::Duration>(key, std::chrono::seconds{fallback});
    return static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::seconds>(duration).count());
}

AttackVector vector_of(const Node& node) {
    return model::parse_attack_vector(node.as<std::string>()).value_or(AttackVector::total);
}

std::vector<AttackVector> vectors_of(const Node& list) {
    std::vector<AttackVector> vectors;
    for (const auto& item : list.items()) vectors.push_back(vector_of(item));
    return vectors;
}

model::PrefixPolicy read_prefix(const Node& node) {
    model::PrefixPolicy prefix;
    if (node.kind() == NodeKind::text) {
        prefix.prefix = node.as<net::Prefix>();
        return prefix;
    }
    prefix.prefix = node.get<net::Prefix>("prefix");
    prefix.site = node.get<std::string>("site", {});
    if (node.has("consent")) prefix.consent = model::parse_consent_mode(node.get<std::string>("consent"));
    return prefix;
}

model::Threshold read_threshold(const Node& node) {
    model::Threshold threshold;
    threshold.name = node.get<std::string>("name");
    threshold.scope = value_of(scope_names, node.get<std::string>("scope", "host"), threshold.scope);
    threshold.direction =
        value_of(direction_names, node.get<std::string>("direction", "inbound"), threshold.direction);
    if (node.has("vector")) threshold.vector = vector_of(node.at("vector"));
    if (node.has("packets")) threshold.packets_per_s = node.packets_per_s("packets");
    if (node.has("bits")) threshold.bits_per_s = node.bits_per_s("bits");
    if (node.has("line_rate_share")) threshold.line_rate_fraction = node.get<double>("line_rate_share");
    if (const Node learned = node.at("learned")) {
        threshold.learned_z = learned.get<double>("z", 3.5);
        threshold.learned_floor_packets_per_s = learned.packets_per_s("floor", 1000);
    }
    return threshold;
}

void read_limit(const Node& node, std::string_view key, std::optional<model::RateLimit>& limit) {
    const Node value = node.at(key);
    if (value) limit = model::RateLimit{value.packets_per_s("packets"), value.bits_per_s("bits")};
}

void read_guard(const Node& node, model::ProtectionProfile& profile) {
    profile.level = value_of(level_names, node.get<std::string>("level", "auto"), profile.level);
    for (const auto& item : node.at("watch").items()) {
        if (const auto stage = model::parse_stage(item.as<std::string>()))
            profile.watch |= model::stage_bit(*stage);
    }
    if (node.has("tcp_method"))
        profile.tcp_method =
            value_of(tcp_method_names, node.get<std::string>("tcp_method"), model::TcpMethod::safe_reset);
    if (node.has("verify_dns"))
        profile.verify_dns = value_of(dns_verification_names, node.get<std::string>("verify_dns"),
                                      model::DnsVerification::off);
    if (node.has("verify_udp"))
        profile.verify_udp = value_of(udp_verification_names, node.get<std::string>("verify_udp"),
                                      model::UdpVerification::off);
    const Node protocol = node.at("protocol");
    for (const auto& row : protocol_check_names) {
        if (protocol && protocol.has(row.text)) profile.protocol.*row.value = protocol.get<bool>(row.text);
    }
    for (const auto& row : protocol_limit_names) {
        if (protocol && protocol.has(row.text))
            profile.protocol.*row.value = protocol.get<std::uint32_t>(row.text);
    }
    const Node anomaly = node.at("anomaly");
    for (const auto& row : anomaly_check_names) {
        if (anomaly && anomaly.has(row.text)) profile.anomaly.*row.value = anomaly.get<bool>(row.text);
    }
    if (anomaly && anomaly.has("filter_for"))
        profile.anomaly.filter_for_s = seconds(anomaly, "filter_for", 60);
}

model::ProtectionProfile read_profile(const Node& node) {
    model::ProtectionProfile profile;
    profile.base = node.get<std::string>("template", profile.base);
    if (node.has("drop_invalid")) profile.drop_invalid = node.get<bool>("drop_invalid");
    if (node.has("verify_tcp"))
        profile.verify_tcp = value_of(countermeasure_names, node.get<std::string>("verify_tcp"),
                                      model::Countermeasure::on_attack);
    if (node.has("verified_for")) profile.verified_for_s = seconds(node, "verified_for", 300);
    read_guard(node, profile);
    if (const Node list = node.at("reflection")) profile.reflection = vectors_of(list);
    if (const Node list = node.at("reflection_on_attack")) profile.reflection_on_attack = vectors_of(list);
    if (const Node list = node.at("services")) {
        profile.services.emplace();
        for (const auto& item : list.items())
            profile.services->push_back(
                parse_service(item.as<std::string>()).value_or(model::OfferedService{}));
    }
    read_limit(node, "source_limit", profile.source_limit);
    read_limit(node, "target_limit", profile.target_limit);
    read_limit(node, "fragment_limit", profile.fragment_limit);
    read_limit(node, "icmp_limit", profile.icmp_limit);
    read_limit(node, "udp_limit", profile.udp_limit);
    read_limit(node, "pair_limit", profile.pair_limit);
    read_limit(node, "service_limit", profile.service_limit);
    return profile;
}

void read_range(const Node& node, std::uint16_t& first, std::uint16_t& last) {
    if (!node) return;
    if (node.kind() == NodeKind::integer) {
        first = last = node.as<std::uint16_t>();
        return;
    }
    const auto range = parse_number_range(node.as<std::string>()).value_or(NumberRange{});
    first = range.first;
    last = range.last;
}

std::uint8_t read_flags(const Node& list) {
    std::uint8_t flags = 0;
    for (const auto& item : list.items())
        flags |= value_of(tcp_flag_names, item.as<std::string>(), std::uint8_t{0});
    return flags;
}

model::PayloadMatch read_payload(const Node& node) {
    const auto bytes_of = [&](std::string_view key) {
        return parse_hex_bytes(node.get<std::string>(key, {})).value_or(std::vector<std::uint8_t>{});
    };
    return {node.get<std::uint16_t>("offset", 0), bytes_of("bytes"), bytes_of("mask")};
}

model::PacketFilter read_filter(const Node& node) {
    model::PacketFilter filter;
    filter.name = node.get<std::string>("name");
    filter.action = value_of(action_names, node.get<std::string>("action"), filter.action);
    filter.source = node.get<net::Prefix>("source", {});
    filter.destination = node.get<net::Prefix>("destination", {});
    if (const Node protocol = node.at("protocol")) {
        filter.protocol = protocol.kind() == NodeKind::integer
                              ? static_cast<std::uint8_t>(protocol.as<std::uint16_t>())
                              : parse_protocol(protocol.as<std::string>()).value_or(0);
    }
    read_range(node.at("source_port"), filter.source_port_first, filter.source_port_last);
    read_range(node.at("destination_port"), filter.destination_port_first, filter.destination_port_last);
    read_range(node.at("length"), filter.length_first, filter.length_last);
    filter.tcp_flags_value = read_flags(node.at("tcp_flags_set"));
    filter.tcp_flags_mask = filter.tcp_flags_value | read_flags(node.at("tcp_flags_clear"));
    filter.fragments_only = node.get<bool>("fragments_only", false);
    for (const auto& item : node.at("payload").items()) filter.payload.push_back(read_payload(item));
    filter.source_is = read_attributes(node);
    return filter;
}

model::MitigationLimits read_limits(const Node& node) {
    model::MitigationLimits limits;
    limits.max_active = node.get<std::uint32_t>("max_active", limits.max_active);
    limits.widest_divert_v4 =
        static_cast<std::uint8_t>(node.get<std::uint16_t>("widest_divert_v4", limits.widest_divert_v4));
    limits.widest_divert_v6 =
        static_cast<std::uint8_t>(node.get<std::uint16_t>("widest_divert_v6", limits.widest_divert_v6));
    limits.expires_after_s = seconds(node, "expires_after", limits.expires_after_s);
    return limits;
}

void read_people(const Node& node, model::TenantPolicy& tenant) {
    if (const Node users = node.at("users")) {
        tenant.users.emplace();
        for (const auto& item : users.items())
            tenant.users->push_back(
                {item.get<std::string>("login"),
                 model::parse_role(item.get<std::string>("role")).value_or(model::Role::tenant_viewer)});
    }
    if (const Node webhooks = node.at("webhooks")) {
        tenant.webhooks.emplace();
        for (const auto& item : webhooks.items()) {
            model::WebhookPolicy webhook{item.get<std::string>("url"), {}};
            for (const auto& kind : item.at("kinds").items()) webhook.kinds.push_back(kind.as<std::string>());
            tenant.webhooks->push_back(std::move(webhook));
        }
    }
}

model::TenantPolicy read_tenant(const Node& node) {
    model::TenantPolicy tenant;
    tenant.slug = node.get<std::string>("slug");
    tenant.name = node.get<std::string>("name", tenant.slug);
    for (const auto& site : node.at("sites").items())
        tenant.sites.push_back({site.get<std::string>("name"), site.bits_per_s("line_rate", 0)});
    for (const auto& item : node.at("prefixes").items()) {
        model::PrefixPolicy prefix = read_prefix(item);
        if (prefix.site.empty() && tenant.sites.size() == 1) prefix.site = tenant.sites[0].name;
        tenant.prefixes.push_back(std::move(prefix));
    }
    const Node detection = node.at("detection");
    for (const auto& threshold : detection.at("thresholds").items())
        tenant.protection.thresholds.push_back(read_threshold(threshold));
    tenant.protection.hold_down_ms = milliseconds(detection, "hold_down", tenant.protection.hold_down_ms);
    tenant.protection.profile = read_profile(node.at("protection"));
    for (const auto& filter : node.at("filters").items())
        tenant.protection.filters.push_back(read_filter(filter));
    tenant.protection.limits = read_limits(node.at("mitigation"));
    if (const Node firewall = node.at("firewall")) tenant.protection.firewall = read_firewall(firewall);
    read_people(node, tenant);
    return tenant;
}

std::expected<std::vector<model::TenantPolicy>, Problems> to_model(std::expected<Node, Problems> document,
                                                                   Problems* warnings) {
    if (!document) return std::unexpected(std::move(document.error()));
    std::vector<model::TenantPolicy> tenants;
    const auto nodes = document->at("tenants").items();
    tenants.reserve(nodes.size());
    for (const auto& node : nodes) tenants.push_back(read_tenant(node));
    Problems unasked;
    Problems problems = check_policy(*document, tenants, warnings != nullptr ? *warnings : unasked);
    if (!problems.empty()) return std::unexpected(std::move(problems));
    return tenants;
}

}  // namespace

std::expected<std::vector<model::TenantPolicy>, Problems> read_policy(std::string_view text,
                                                                      std::string_view name,
                                                                      Problems* warnings) {
    return to_model(read_document(text, name, "policy.schema.json", policy_limits), warnings);
}

std::expected<std::vector<model::TenantPolicy>, Problems> load_policy(const std::filesystem::path& file,
                                                                      Problems* warnings) {
    return to_model(load_document(file, "policy.schema.json", policy_limits), warnings);
}

}  // namespace sluice::policy
