#include "policy/policy_writer.hpp"

#include <fmt/format.h>

#include "base/rate.hpp"
#include "policy/attributes.hpp"
#include "policy/duration_text.hpp"
#include "policy/firewall_writer.hpp"
#include "policy/names.hpp"
#include "policy/rate_text.hpp"
#include "policy/text_format.hpp"
#include "policy/yaml_lines.hpp"

namespace sluice::policy {
namespace {

using namespace detail;

std::string vector_list(const std::vector<model::AttackVector>& vectors) {
    std::vector<std::string> names;
    for (const auto vector : vectors) names.emplace_back(model::to_string(vector));
    return flow_list(names);
}

void write_limit(Lines& out, const std::string& key, const std::optional<model::RateLimit>& limit) {
    if (limit) out.put(key, rate_map(*limit));
}

void write_threshold(Lines& out, const model::Threshold& threshold) {
    out.begin_item();
    out.put("name", quoted(threshold.name));
    out.put("scope", name_of(scope_names, threshold.scope));
    out.put("direction", name_of(direction_names, threshold.direction));
    out.put("vector", std::string(model::to_string(threshold.vector)));
    if (threshold.packets_per_s) out.put("packets", exact_packets(*threshold.packets_per_s));
    if (threshold.bits_per_s) out.put("bits", exact_bits(*threshold.bits_per_s));
    if (threshold.line_rate_fraction)
        out.put("line_rate_share", fmt::format("{}", *threshold.line_rate_fraction));
    if (threshold.learned_z)
        out.put("learned", fmt::format("{{z: {}, floor: {}}}", *threshold.learned_z,
                                       exact_packets(threshold.learned_floor_packets_per_s)));
    out.end_item();
}

void write_detection(Lines& out, const model::ProtectionPolicy& protection) {
    out.open("detection");
    out.put("hold_down", format_duration(std::chrono::milliseconds{protection.hold_down_ms}));
    if (!protection.thresholds.empty()) {
        out.open("thresholds");
        for (const auto& threshold : protection.thresholds) write_threshold(out, threshold);
        out.close();
    }
    out.close();
}

void write_guard(Lines& out, const model::ProtectionProfile& profile) {
    if (profile.level) out.put("level", name_of(level_names, profile.level));
    if (profile.watch != 0) out.put("watch", flow_list(model::names_of(profile.watch)));
    if (profile.tcp_method) out.put("tcp_method", name_of(tcp_method_names, *profile.tcp_method));
    // A plain `off` is false in some YAML readers.
    if (profile.verify_dns)
        out.put("verify_dns", quoted(name_of(dns_verification_names, *profile.verify_dns)));
    if (profile.verify_udp)
        out.put("verify_udp", quoted(name_of(udp_verification_names, *profile.verify_udp)));
    const auto put_flag = [&](std::string_view key, const std::optional<bool>& value) {
        if (value) out.put(std::string(key), *value ? "true" : "false");
    };
    if (profile.protocol != model::ProtocolOverrides{}) {
        out.open("protocol");
        for (const auto& row : protocol_check_names) put_flag(row.text, profile.protocol.*row.value);
        for (const auto& row : protocol_limit_names) {
            if (const auto& value = profile.protocol.*row.value)
                out.put(std::string(row.text), fmt::format("{}", *value));
        }
        out.close();
    }
    if (profile.anomaly != model::AnomalyOverrides{}) {
        out.open("anomaly");
        for (const auto& row : anomaly_check_names) put_flag(row.text, profile.anomaly.*row.value);
        if (profile.anomaly.filter_for_s)
            out.put("filter_for", format_duration(std::chrono::seconds{*profile.anomaly.filter_for_s}));
        out.close();
    }
}

void write_profile(Lines& out, const model::ProtectionProfile& profile) {
    out.open("protection");
    out.put("template", quoted(profile.base));
    if (profile.drop_invalid) out.put("drop_invalid", *profile.drop_invalid ? "true" : "false");
    if (profile.verify_tcp) out.put("verify_tcp", name_of(countermeasure_names, *profile.verify_tcp));
    if (profile.verified_for_s)
        out.put("verified_for", format_duration(std::chrono::seconds{*profile.verified_for_s}));
    write_guard(out, profile);
    if (profile.reflection) out.put("reflection", vector_list(*profile.reflection));
    if (profile.reflection_on_attack)
        out.put("reflection_on_attack", vector_list(*profile.reflection_on_attack));
    if (profile.services) {
        std::vector<std::string> services;
        for (const auto& service : *profile.services) services.push_back(format_service(service));
        out.put("services", flow_list(services));
    }
    write_limit(out, "source_limit", profile.source_limit);
    write_limit(out, "target_limit", profile.target_limit);
    write_limit(out, "fragment_limit", profile.fragment_limit);
    write_limit(out, "icmp_limit", profile.icmp_limit);
    write_limit(out, "udp_limit", profile.udp_limit);
    write_limit(out, "pair_limit", profile.pair_limit);
    write_limit(out, "service_limit", profile.service_limit);
    out.close();
}

void write_range(Lines& out, const std::string& key, std::uint16_t first, std::uint16_t last) {
    if (first != 0 || last != 65535) out.put(key, "\"" + format_number_range({first, last}) + "\"");
}

void write_flags(Lines& out, const std::string& key, unsigned flags) {
    std::vector<std::string> names;
    for (const auto& row : tcp_flag_names) {
        if ((flags & row.value) != 0) names.emplace_back(row.text);
    }
    if (!names.empty()) out.put(key, flow_list(names));
}

void write_payload(Lines& out, const std::vector<model::PayloadMatch>& payload) {
    if (payload.empty()) return;
    out.open("payload");
    for (const auto& match : payload) {
        out.begin_item();
        out.put("offset", fmt::format("{}", match.offset));
        out.put("bytes", "\"" + format_hex_bytes(match.bytes) + "\"");
        if (!match.mask.empty()) out.put("mask", "\"" + format_hex_bytes(match.mask) + "\"");
        out.end_item();
    }
    out.close();
}

void write_filter(Lines& out, const model::PacketFilter& filter) {
    out.begin_item();
    out.put("name", quoted(filter.name));
    out.put("action", name_of(action_names, filter.action));
    if (filter.source != net::Prefix{}) out.put("source", "\"" + filter.source.to_string() + "\"");
    if (filter.destination != net::Prefix{})
        out.put("destination", "\"" + filter.destination.to_string() + "\"");
    if (filter.protocol != 0) out.put("protocol", protocol_text(filter.protocol));
    write_range(out, "source_port", filter.source_port_first, filter.source_port_last);
    write_range(out, "destination_port", filter.destination_port_first, filter.destination_port_last);
    write_flags(out, "tcp_flags_set", filter.tcp_flags_value);
    write_flags(out, "tcp_flags_clear", filter.tcp_flags_mask & ~filter.tcp_flags_value);
    write_range(out, "length", filter.length_first, filter.length_last);
    if (filter.fragments_only) out.put("fragments_only", "true");
    write_payload(out, filter.payload);
    write_attributes(out, filter.source_is);
    out.end_item();
}

void write_attachment(Lines& out, const model::TenantPolicy& tenant) {
    if (!tenant.sites.empty()) {
        out.open("sites");
        for (const auto& site : tenant.sites) {
            out.begin_item();
            out.put("name", quoted(site.name));
            if (site.line_rate_bps > 0) out.put("line_rate", exact_bits(site.line_rate_bps));
            out.end_item();
        }
        out.close();
    }
    if (tenant.prefixes.empty()) return;
    out.open("prefixes");
    for (const auto& prefix : tenant.prefixes) {
        out.begin_item();
        out.put("prefix", "\"" + prefix.prefix.to_string() + "\"");
        if (prefix.consent) out.put("consent", "\"" + std::string(model::to_string(*prefix.consent)) + "\"");
        if (!prefix.site.empty()) out.put("site", quoted(prefix.site));
        out.end_item();
    }
    out.close();
}

void write_people(Lines& out, const model::TenantPolicy& tenant) {
    if (tenant.users && tenant.users->empty()) out.put("users", "[]");
    if (tenant.users && !tenant.users->empty()) {
        out.open("users");
        for (const auto& user : *tenant.users) {
            out.begin_item();
            out.put("login", quoted(user.login));
            out.put("role", std::string(model::to_string(user.role)));
            out.end_item();
        }
        out.close();
    }
    if (tenant.webhooks && tenant.webhooks->empty()) out.put("webhooks", "[]");
    if (tenant.webhooks && !tenant.webhooks->empty()) {
        out.open("webhooks");
        for (const auto& webhook : *tenant.webhooks) {
            out.begin_item();
            out.put("url", quoted(webhook.url));
            if (!webhook.kinds.empty()) out.put("kinds", flow_list(webhook.kinds));
            out.end_item();
        }
        out.close();
    }
}

void write_tenant(Lines& out, const model::TenantPolicy& tenant) {
    out.begin_item();
    out.put("slug", quoted(tenant.slug));
    out.put("name", quoted(tenant.name));
    write_attachment(out, tenant);
    write_detection(out, tenant.protection);
    write_profile(out, tenant.protection.profile);
    if (!tenant.protection.filters.empty()) {
        out.open("filters");
        for (const auto& filter : tenant.protection.filters) write_filter(out, filter);
        out.close();
    }
    const auto& limits = tenant.protection.limits;
    out.open("mitigation");
    out.put("max_active", fmt::format("{}", limits.max_active));
    out.put("widest_divert_v4", fmt::format("{}", limits.widest_divert_v4));
    out.put("widest_divert_v6", fmt::format("{}", limits.widest_divert_v6));
    out.put("expires_after", format_duration(std::chrono::seconds{limits.expires_after_s}));
    out.close();
    if (tenant.protection.firewall) write_firewall(out, *tenant.protection.firewall);
    write_people(out, tenant);
    out.end_item();
}

}  // namespace

std::string write_policy(const std::vector<model::TenantPolicy>& tenants) {
    if (tenants.empty()) return "tenants: []\n";
    Lines out;
    out.open("tenants");
    for (const auto& tenant : tenants) write_tenant(out, tenant);
    return std::move(out).text();
}

}  // namespace sluice::policy
