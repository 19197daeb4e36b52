// For a rule of a customer's firewall a packet that it is about: what people start from when they ask what
// would become of one (POST /tenants/{tenant_id}/explain).
#pragma once

#include <span>
#include <string>

#include "model/firewall.hpp"

namespace sluice::api::firewall {

// Borrows both. `own`: the customer's public prefixes; nobody out there has an address of these.
class RuleExamples {
  public:
    RuleExamples(const model::FirewallProgram& program, std::span<const net::Prefix> own);

    // In the language of packet/packet_text.hpp: the first packet of a connection between addresses that the
    // rule's zones, its objects and NAT lead to. Earlier rules do not count. Empty when there is none: the
    // rule's addresses lie in none of its zones, or share no family. Empty, too, for a customer with more
    // than 256 prefixes inside.
    [[nodiscard]] std::string of(const model::FirewallRule& rule) const;

  private:
    const model::FirewallProgram& program_;
    std::span<const net::Prefix> own_;
    bool too_many_ = false;
};

}  // namespace sluice::api::firewall
