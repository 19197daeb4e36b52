// The customer of the outbound tests: hosts 203.0.113.0/24 on VLAN 10, all of which may go out.
#pragma once

#include "model/tenant_program.hpp"

namespace sluice::dataplane::outbound {

[[nodiscard]] inline model::TenantProgram open_customer(const model::OutboundPolicy& policy) {
    model::TenantProgram program;
    program.tenant = model::TenantId(1);
    program.generation = 1;
    program.prefixes = {*net::Prefix::parse("203.0.113.0/24")};
    model::FirewallProgram& firewall = program.firewall;
    firewall.enabled = true;
    firewall.zones = {"internet", "inside"};
    model::Attachment attachment;
    attachment.name = "inside";
    attachment.kind = model::AttachmentKind::vlan;
    attachment.vlan = 10;
    attachment.prefixes = program.prefixes;
    attachment.next_hop_mac = {2, 0, 0, 0, 0, 1};
    firewall.attachments = {attachment};
    model::FirewallRule all;
    all.name = "all";
    all.action = model::RuleAction::allow;
    firewall.rules = {all};
    firewall.attacks = policy;
    firewall.limits.flows = 0;
    return program;
}

}  // namespace sluice::dataplane::outbound
