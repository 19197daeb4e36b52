#include "policy/policy_diff.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "policy/duration_text.hpp"
#include "policy/firewall_diff.hpp"
#include "policy/names.hpp"
#include "policy/rate_text.hpp"
#include "policy/text_format.hpp"

namespace sluice::policy {
namespace {

using namespace detail;
using Action = PolicyChange::Action;

// A tenant as lines "path: text", in the order of its document.
class Facts {
  public:
    void put(std::string path, std::string text) {
        if (text.empty()) return;
        index_.emplace(path, lines_.size());
        lines_.emplace_back(std::move(path), std::move(text));
    }
    [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& lines() const { return lines_; }
    [[nodiscard]] const std::string* find(const std::string& path) const {
        const auto found = index_.find(path);
        return found == index_.end() ? nullptr : &lines_[found->second].second;
    }

  private:
    std::vector<std::pair<std::string, std::string>> lines_;
    std::map<std::string, std::size_t> index_;
};

std::string vector_names(const std::vector<model::AttackVector>& vectors) {
    std::vector<std::string_view> names;
    for (const auto vector : vectors) names.push_back(model::to_string(vector));
    return names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "));
}

std::string limit_text(const model::RateLimit& limit) {
    std::vector<std::string> parts;
    if (limit.packets_per_s > 0) parts.push_back(exact_packets(limit.packets_per_s));
    if (limit.bits_per_s > 0) parts.push_back(exact_bits(limit.bits_per_s));
    return parts.empty() ? "no limit" : fmt::format("{}", fmt::join(parts, " and "));
}

std::string threshold_text(const model::Threshold& threshold) {
    std::vector<std::string> limits;
    if (threshold.packets_per_s) limits.push_back(exact_packets(*threshold.packets_per_s));
    if (threshold.bits_per_s) limits.push_back(exact_bits(*threshold.bits_per_s));
    if (threshold.line_rate_fraction)
        limits.push_back(fmt::format("{} of the line rate", *threshold.line_rate_fraction));
    if (threshold.learned_z)
        limits.push_back(fmt::format("z {} above {}", *threshold.learned_z,
                                     exact_packets(threshold.learned_floor_packets_per_s)));
    return fmt::format("{} {} of a {}: {}", name_of(direction_names, threshold.direction),
                       model::to_string(threshold.vector), name_of(scope_names, threshold.scope),
                       fmt::join(limits, " or "));
}

std::string filter_text(const model::PacketFilter& filter) {
    std::string text = name_of(action_names, filter.action);
    if (filter.protocol != 0) text += " " + protocol_text(filter.protocol);
    const auto ports = [](std::uint16_t first, std::uint16_t last) {
        return first == 0 && last == 65535 ? "" : " port " + format_number_range({first, last});
    };
    const auto end = [&](const net::Prefix& prefix, std::uint16_t first, std::uint16_t last) {
        return (prefix == net::Prefix{} ? "any" : prefix.to_string()) + ports(first, last);
    };
    text += " from " + end(filter.source, filter.source_port_first, filter.source_port_last);
    text += " to " + end(filter.destination, filter.destination_port_first, filter.destination_port_last);
    if (filter.tcp_flags_mask != 0) {
        text += ", flags";
        for (const auto& row : tcp_flag_names) {
            if ((filter.tcp_flags_mask & row.value) != 0)
                text += ((filter.tcp_flags_value & row.value) != 0 ? " " : " no-") + std::string(row.text);
        }
    }
    if (filter.length_first != 0 || filter.length_last != 65535)
        text += ", " + format_number_range({filter.length_first, filter.length_last}) + " bytes";
    for (const auto& match : filter.payload) {
        text += fmt::format(", payload {} at {}", format_hex_bytes(match.bytes), match.offset);
        if (!match.mask.empty()) text += " under " + format_hex_bytes(match.mask);
    }
    const auto& source = filter.source_is;
    if (!source.countries.empty())
        text += fmt::format(", source {} {}", source.other_countries ? "not in" : "in",
                            fmt::join(source.countries, " "));
    if (!source.reputations.empty())
        text += fmt::format(", source known for {}", fmt::join(source.reputations, " "));
    return filter.fragments_only ? text + ", fragments only" : text;
}

std::string on_or_off(bool value) {
    return value ? "on" : "off";
}

void guard_facts(const model::ProtectionProfile& profile, Facts& facts) {
    if (profile.level) facts.put("protection/level", "always " + name_of(level_names, profile.level));
    if (profile.watch != 0)
        facts.put("protection/watch",
                  fmt::format("{} (counted, not dropped)", fmt::join(model::names_of(profile.watch), ", ")));
    if (profile.tcp_method)
        facts.put("protection/tcp_method", name_of(tcp_method_names, *profile.tcp_method));
    if (profile.verify_dns)
        facts.put("protection/verify_dns", name_of(dns_verification_names, *profile.verify_dns));
    if (profile.verify_udp)
        facts.put("protection/verify_udp", name_of(udp_verification_names, *profile.verify_udp));
    for (const auto& row : protocol_check_names) {
        if (const auto& value = profile.protocol.*row.value)
            facts.put("protection/protocol/" + std::string(row.text), on_or_off(*value));
    }
    for (const auto& row : protocol_limit_names) {
        if (const auto& value = profile.protocol.*row.value)
            facts.put("protection/protocol/" + std::string(row.text),
                      *value == 0 ? "no limit" : fmt::format("{} a source", *value));
    }
    for (const auto& row : anomaly_check_names) {
        if (const auto& value = profile.anomaly.*row.value)
            facts.put("protection/anomaly/" + std::string(row.text), on_or_off(*value));
    }
    if (profile.anomaly.filter_for_s)
        facts.put("protection/anomaly/filter_for",
                  format_duration(std::chrono::seconds{*profile.anomaly.filter_for_s}));
}

void profile_facts(const model::ProtectionProfile& profile, Facts& facts) {
    const auto put = [&](const char* key, const auto& value, const auto& text) {
        if (value) facts.put(std::string("protection/") + key, text(*value));
    };
    const auto seconds = [](std::uint32_t value) { return format_duration(std::chrono::seconds{value}); };
    facts.put("protection/template", profile.base);
    put("drop_invalid", profile.drop_invalid,
        [](bool value) { return std::string(value ? "true" : "false"); });
    put("verify_tcp", profile.verify_tcp, [](auto value) { return name_of(countermeasure_names, value); });
    put("verified_for", profile.verified_for_s, seconds);
    guard_facts(profile, facts);
    put("reflection", profile.reflection, vector_names);
    put("reflection_on_attack", profile.reflection_on_attack, vector_names);
    put("services", profile.services, [](const auto& services) {
        std::vector<std::string> names;
        for (const auto& service : services) names.push_back(format_service(service));
        return names.empty() ? std::string("none") : fmt::format("{}", fmt::join(names, ", "));
    });
    put("source_limit", profile.source_limit, limit_text);
    put("target_limit", profile.target_limit, limit_text);
    put("fragment_limit", profile.fragment_limit, limit_text);
    put("icmp_limit", profile.icmp_limit, limit_text);
    put("udp_limit", profile.udp_limit, limit_text);
    put("pair_limit", profile.pair_limit, limit_text);
    put("service_limit", profile.service_limit, limit_text);
}

void protection_facts(const model::ProtectionPolicy& protection, Facts& facts) {
    facts.put("detection/hold_down", format_duration(std::chrono::milliseconds{protection.hold_down_ms}));
    for (const auto& threshold : protection.thresholds)
        facts.put("detection/thresholds/" + threshold.name, threshold_text(threshold));
    profile_facts(protection.profile, facts);
    std::string order;
    for (const auto& filter : protection.filters) {
        facts.put("filters/" + filter.name, filter_text(filter));
        order += (order.empty() ? "" : ", ") + filter.name;
    }
    // The first that matches counts, so their order is a fact of its own.
    if (protection.filters.size() > 1) facts.put("filters", order);
    facts.put("mitigation/max_active", fmt::format("{}", protection.limits.max_active));
    facts.put("mitigation/widest_divert_v4", fmt::format("/{}", protection.limits.widest_divert_v4));
    facts.put("mitigation/widest_divert_v6", fmt::format("/{}", protection.limits.widest_divert_v6));
    facts.put("mitigation/expires_after",
              format_duration(std::chrono::seconds{protection.limits.expires_after_s}));
}

// `present` is what fills in what the policy leaves open; nullptr for a new tenant.
Facts facts_of(const model::TenantPolicy& tenant, const model::TenantPolicy* present) {
    Facts facts;
    facts.put("name", tenant.name);
    for (const auto& site : tenant.sites)
        facts.put("sites/" + site.name,
                  site.line_rate_bps > 0 ? exact_bits(site.line_rate_bps) : "line rate not known");
    for (const auto& prefix : tenant.prefixes) {
        auto consent = prefix.consent;
        for (const auto& old : present != nullptr ? present->prefixes : std::vector<model::PrefixPolicy>{}) {
            if (!consent && old.prefix == prefix.prefix) consent = old.consent;
        }
        const std::string path = "prefixes/" + prefix.prefix.to_string();
        facts.put(path + "/consent",
                  std::string(model::to_string(consent.value_or(model::ConsentMode::ask))));
        facts.put(path + "/site", prefix.site);
    }
    protection_facts(tenant.protection, facts);
    const auto& users = tenant.users || present == nullptr ? tenant.users : present->users;
    for (const auto& user : users.value_or(std::vector<model::UserPolicy>{}))
        facts.put("users/" + user.login, std::string(model::to_string(user.role)));
    const auto& webhooks = tenant.webhooks || present == nullptr ? tenant.webhooks : present->webhooks;
    for (const auto& webhook : webhooks.value_or(std::vector<model::WebhookPolicy>{}))
        facts.put("webhooks/" + webhook.url,
                  webhook.kinds.empty() ? "all events" : fmt::format("{}", fmt::join(webhook.kinds, ", ")));
    return facts;
}

std::map<std::string, const model::TenantPolicy*> by_slug(const std::vector<model::TenantPolicy>& tenants) {
    std::map<std::string, const model::TenantPolicy*> map;
    for (const auto& tenant : tenants) map.emplace(tenant.slug, &tenant);
    return map;
}

void add_firewall(const std::string& slug, const std::optional<model::FirewallPolicy>& before,
                  const std::optional<model::FirewallPolicy>& after, std::vector<PolicyChange>& changes) {
    for (auto& change : diff_firewall(before, after)) {
        change.tenant_slug = slug;
        changes.push_back(std::move(change));
    }
}

void compare(const std::string& slug, const Facts& before, const Facts& after,
             std::vector<PolicyChange>& changes) {
    for (const auto& [path, text] : after.lines()) {
        const std::string* old = before.find(path);
        if (old == nullptr)
            changes.push_back({Action::add, slug, path, {}, text});
        else if (*old != text)
            changes.push_back({Action::change, slug, path, *old, text});
    }
    for (const auto& [path, text] : before.lines()) {
        if (after.find(path) == nullptr) changes.push_back({Action::remove, slug, path, text, {}});
    }
}

}  // namespace

std::vector<PolicyChange> diff(const std::vector<model::TenantPolicy>& before,
                               const std::vector<model::TenantPolicy>& after) {
    const auto old_tenants = by_slug(before);
    const auto new_tenants = by_slug(after);
    std::map<std::string, int> slugs;
    for (const auto& [slug, tenant] : old_tenants) slugs.emplace(slug, 0);
    for (const auto& [slug, tenant] : new_tenants) slugs.emplace(slug, 0);
    std::vector<PolicyChange> changes;
    for (const auto& [slug, unused] : slugs) {
        const auto was = old_tenants.find(slug);
        const auto is = new_tenants.find(slug);
        if (is == new_tenants.end()) {
            changes.push_back({Action::remove, slug, "tenant", was->second->name, {}});
        } else if (was == old_tenants.end()) {
            changes.push_back({Action::add, slug, "tenant", {}, is->second->name});
            compare(slug, Facts{}, facts_of(*is->second, nullptr), changes);
            add_firewall(slug, {}, is->second->protection.firewall, changes);
        } else {
            compare(slug, facts_of(*was->second, nullptr), facts_of(*is->second, was->second), changes);
            add_firewall(slug, was->second->protection.firewall, is->second->protection.firewall, changes);
        }
    }
    return changes;
}

std::string sentence(const PolicyChange& change) {
    if (!change.words.empty()) return change.tenant_slug + ": " + change.words;
    switch (change.action) {
        case Action::add:
            return fmt::format("{}: {} is added: {}", change.tenant_slug, change.path,
                               change.after.value_or(""));
        case Action::remove:
            return fmt::format("{}: {} is removed (it was {})", change.tenant_slug, change.path,
                               change.before.value_or(""));
        case Action::change:
            break;
    }
    return fmt::format("{}: {} changes from {} to {}", change.tenant_slug, change.path,
                       change.before.value_or(""), change.after.value_or(""));
}

}  // namespace sluice::policy
