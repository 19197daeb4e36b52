// Payloads in open flows of tenants with a firewall. Filters and verification leave such flows alone; garbage
// after a right handshake is what the protocol stage is there for (docs/decisions/protocol-stage.md).
#pragma once

#include "dataplane/stage.hpp"

namespace sluice::dataplane {

// Of `batch.firewall.checked`, those whose flow is known: what the protocol stage drops is taken out of
// `known`, and no flow sees it.
void check_payloads(const Context& context);

}  // namespace sluice::dataplane
