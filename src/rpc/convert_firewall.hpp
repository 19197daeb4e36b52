// A tenant's firewall and NAT ↔ message; a part of its program (convert_program.cpp).
#pragma once

#include "model/firewall.hpp"

namespace sluice::link::v1 {
class FirewallProgram;
}

namespace sluice::rpc {

class FieldReader;

void to_message(const model::FirewallProgram& firewall, link::v1::FirewallProgram& out);
[[nodiscard]] model::FirewallProgram to_firewall(FieldReader& read, const link::v1::FirewallProgram& in);

}  // namespace sluice::rpc
