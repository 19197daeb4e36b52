#include "policy/firewall_resolver.hpp"

#include "policy/rule_resolver.hpp"
#include "policy/time_zone.hpp"

namespace sluice::policy {
namespace {

model::Attachment to_attachment(const model::AttachmentPolicy& policy, model::ZoneIndex zone) {
    model::Attachment attachment;
    attachment.name = policy.name;
    attachment.zone = zone;
    attachment.kind = policy.kind;
    attachment.port = policy.port;
    attachment.vlan = policy.vlan;
    attachment.inner_vlan = policy.inner_vlan;
    attachment.vni = policy.vni;
    attachment.tunnel_endpoint = policy.tunnel_endpoint;
    attachment.gateway4 = policy.gateway4;
    attachment.gateway6 = policy.gateway6;
    attachment.next_hop_mac = policy.next_hop_mac;
    attachment.prefixes = policy.prefixes;
    return attachment;
}

base::Status add_attachments(const model::FirewallPolicy& policy, const detail::FirewallObjects& objects,
                             model::FirewallProgram& program) {
    for (const auto& attachment : policy.attachments) {
        const auto zone = objects.zone(attachment.zone);
        if (!zone)
            return base::fail(base::ErrorCode::invalid_argument,
                              "attachment '" + attachment.name + "' has no zone", {},
                              "apply a policy that defines its zone");
        program.attachments.push_back(to_attachment(attachment, *zone));
    }
    return {};
}

}  // namespace

base::Result<model::FirewallProgram> resolve_firewall(const model::FirewallPolicy& policy,
                                                      base::Timestamp at) {
    std::chrono::seconds offset{0};
    if (!policy.schedules.empty()) {
        const auto zone = TimeZone::find(policy.time_zone);
        if (!zone) return std::unexpected(zone.error());
        offset = zone->offset(at);
    }
    detail::RuleResolver resolver(policy, offset);
    model::FirewallProgram program;
    program.enabled = policy.enabled;
    program.zones.emplace_back("internet");
    program.zones.insert(program.zones.end(), policy.zones.begin(), policy.zones.end());
    if (const auto status = add_attachments(policy, resolver.objects(), program); !status)
        return std::unexpected(status.error());
    for (const auto& rule : policy.rules) {
        if (rule.disabled) continue;
        auto resolved = resolver.rule(rule);
        if (!resolved) return std::unexpected(resolved.error());
        program.rules.push_back(std::move(*resolved));
    }
    for (const auto& nat : policy.nat) {
        auto resolved = resolver.nat(nat);
        if (!resolved) return std::unexpected(resolved.error());
        program.nat.insert(program.nat.end(), resolved->begin(), resolved->end());
    }
    program.timeouts = policy.timeouts;
    program.limits = policy.limits;
    program.inbound = policy.inbound;
    program.outbound = policy.outbound;
    program.attacks = policy.attacks;
    program.strict_tcp = policy.strict_tcp;
    return program;
}

std::optional<base::Timestamp> next_schedule_change(const model::FirewallPolicy& policy,
                                                    base::Timestamp after) {
    if (!policy.enabled || policy.schedules.empty()) return std::nullopt;
    const auto zone = TimeZone::find(policy.time_zone);
    return zone ? zone->next_change(after) : std::nullopt;
}

}  // namespace sluice::policy
