// Frames that come from customers: whose they are, by leg and tags, by the tunnel, or by their source. What
// is found there belongs to a tenant with a firewall; the rest goes the way of the leg's other frames.
#pragma once

#include "dataplane/stage.hpp"

namespace sluice::dataplane::attach {

// After the keys are made. Packets of attached networks leave `live` and become `stateful`; on a leg of
// routed customers what belongs to nobody is dropped, or answered when it asks for the gateway itself.
void find_networks(const Context& context, LegIndex ingress);

}  // namespace sluice::dataplane::attach
