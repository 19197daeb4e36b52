// Which worker owns the flow of a packet. Any worker can tell, from the packet and the program alone, for
// either direction, for fragments and for ICMP errors (docs/decisions/worker-hand-off.md):
//
//   between a tenant's network and the internet   by the internet's address: no NAT changes it
//   between two of the tenant's networks          by both addresses
//   from a network to a published address         as to the server behind it; to a port of a pool: the
//                                                 worker that has the port's block
#pragma once

#include "dataplane/stage.hpp"

namespace sluice::dataplane::workers {

// By the internet's address.
[[nodiscard]] std::uint32_t owner_by(const net::Address& internet, flow::TenantIndex tenant,
                                     const base::SipKey& key, std::uint32_t workers);

// Takes packets of other workers' flows out of `stateful`; they are in `handed`, and in `away`.
void hand_over(const Context& context);

}  // namespace sluice::dataplane::workers
