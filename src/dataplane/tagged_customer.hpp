// The smallest customer with a firewall, for tests: 203.0.113.0/24, one network behind tag 10, rules to be
// added.
#pragma once

#include "model/tenant_program.hpp"

namespace sluice::dataplane {

inline model::TenantProgram tagged_customer() {
    model::TenantProgram program;
    program.tenant = model::TenantId(1);
    program.prefixes = {net::Prefix::parse("203.0.113.0/24").value()};
    model::FirewallProgram& firewall = program.firewall;
    firewall.enabled = true;
    firewall.zones = {"internet", "inside"};
    model::Attachment network;
    network.name = "inside";
    network.kind = model::AttachmentKind::vlan;
    network.vlan = 10;
    network.next_hop_mac = {2, 0, 0, 0, 0, 9};
    network.prefixes = {net::Prefix::parse("10.0.0.0/16").value(),
                        net::Prefix::parse("2001:db8:1::/48").value()};
    firewall.attachments = {network};
    return program;
}

}  // namespace sluice::dataplane
