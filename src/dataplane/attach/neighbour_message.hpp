// How the gateway asks a network's hosts for their Ethernet addresses, and what it hears of them: ARP and
// IPv6 neighbour discovery. Its own answers are LocalResponder's.
#pragma once

#include <cstdint>
#include <optional>

#include "dataplane/attach/neighbour_table.hpp"
#include "dataplane/forward.hpp"
#include "net/address.hpp"
#include "packet/frame.hpp"
#include "packet/key.hpp"

namespace sluice::dataplane::attach {

struct NeighbourHint {
    net::Address address;
    Mac mac{};
    NeighbourTable::Hint kind = NeighbourTable::Hint::other;
};

// What a frame says about its sender's Ethernet address. `own4` and `own6` are the gateway's on the network.
// Nothing of group addresses, nor where the message contradicts itself.
[[nodiscard]] std::optional<NeighbourHint> read_hint(const packet::Key& key, const packet::Frame& frame,
                                                     const net::Address& own4, const net::Address& own6);

// A question, without the tunnel's headers; all of it fits.
inline constexpr std::uint32_t question_bytes = 14 + 8 + 40 + 32;

// Who has `wanted`? `own` is of the same family; `ask_at` zero: everybody. The frame has question_bytes, and
// is shorter afterwards. `way` gives tags, tunnel and the sender.
void write_question(const WayOut& way, const net::Address& own, const net::Address& wanted, const Mac& ask_at,
                    packet::Frame& frame);

}  // namespace sluice::dataplane::attach
