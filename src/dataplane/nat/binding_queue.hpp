// From a worker to the binding log: which blocks of ports it bound and released.
#pragma once

#include <cstdint>

#include "dataplane/event_queue.hpp"
#include "model/ids.hpp"
#include "model/nat_binding.hpp"
#include "net/address.hpp"

namespace sluice::dataplane::nat {

// Of a block of ports. Time is the worker's own clock: it reads no other.
struct BlockEvent {
    std::uint64_t at_ns = 0;
    model::TenantId tenant;
    net::Address inside;
    net::Address outside;
    std::uint16_t first_port = 0;
    std::uint16_t last_port = 0;
    model::NatBindingKind kind = model::NatBindingKind::block_taken;
};

using BindingQueue = EventQueue<BlockEvent>;

}  // namespace sluice::dataplane::nat
