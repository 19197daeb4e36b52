// A connection that begins with a cookie and goes on as one between client and server. For tenants with a
// firewall, whose answers pass the gateway:
//
//   client                       gateway                      server
//     │ SYN seq=x                  │                            │
//     ├───────────────────────────▶│  nothing is remembered     │
//     │  SYN-ACK seq=c ack=x+1, window 0                        │
//     │◀───────────────────────────┤                            │
//     │ ACK seq=x+1 ack=c+1        │  c is right: rules, NAT,   │
//     ├───────────────────────────▶│  a flow that is splicing   │
//     │                            │ SYN seq=x                  │
//     │                            ├───────────────────────────▶│
//     │                            │    SYN-ACK seq=y ack=x+1   │
//     │                            │◀───────────────────────────┤
//     │ ACK, the server's window   │ ACK seq=x+1 ack=y+1        │
//     │◀───────────────────────────┼───────────────────────────▶│
//     │            both ways, the server's numbers shifted by c − y
//
// The closed window keeps the client silent until the server has answered. Neither end is offered anything
// but an MSS, so there are no scaled windows, SACK or time stamps that would have to be remembered or
// shifted. All state is the flow's (flow/flow.hpp); the tracker judges in the server's numbers
// (flow/tcp_tracker.cpp). docs/decisions/syn-splice.md weighs the alternatives.
#pragma once

#include <cstdint>
#include <optional>

#include "dataplane/flow/flow_table.hpp"
#include "dataplane/stage.hpp"

namespace sluice::dataplane::splice {

// Within which the server has to answer.
inline constexpr std::uint32_t splicing_s = 3;

// What an ACK says that gives back a cookie.
struct Proof {
    std::uint32_t sequence = 0;  // x: of the SYN that it follows
    std::uint32_t cookie = 0;
    std::uint16_t window = 0;
};

// Turns a SYN into the SYN-ACK, in place, by its number in Batch::cookies. The frame has room for min_room.
void answer_syn(const Context& context, std::size_t i);

// None: the packet is no such ACK, or the cookie is wrong or too old.
[[nodiscard]] std::optional<Proof> find_proof(const Context& context, std::size_t i);
// Whether a packet from the internet that has no flow begins a connection in this way. Its source has shown
// itself to the scrubber, with this packet or before, where that asks; a cookie outlives the attack.
[[nodiscard]] std::optional<Proof> find_opening(const Context& context, std::size_t i);
// The ACK becomes the client's SYN again, as the server shall see it. False: there is no room.
[[nodiscard]] bool become_syn(const Context& context, std::size_t i, const Proof& proof);
// The packet was dropped: the client, who thinks that he is connected, gets a reset.
void reset_client(const Context& context, std::size_t i, const Proof& proof, std::uint8_t leg);

// The same ACK of a flow that is splicing already.
[[nodiscard]] bool become_syn_again(const Context& context, std::size_t i, const flow::Flow& flow);
// The server's SYN-ACK becomes the client's ACK; the server's own leaves beside it.
void join(const Context& context, std::size_t i, const flow::Flow& flow, const packet::VxlanWay* tunnel,
          std::uint8_t leg);
// The server's SYN-ACK, sent again, becomes its ACK.
void acknowledge(const Context& context, std::size_t i, const flow::Flow& flow,
                 const packet::VxlanWay* tunnel, std::uint8_t leg);

// An ICMP message says that the server can not be reached, before he has answered: the packet becomes the
// client's reset.
[[nodiscard]] bool is_refusal(const packet::Key& key, const flow::Found& found);
void become_reset(const Context& context, std::size_t i, const flow::Flow& flow);

// The numbers of a packet of a spliced flow as its receiver knows them; before or after translation.
void shift(const packet::Key& key, const flow::Found& found, packet::Frame& frame);
// The same of the segment that an ICMP error of the flow quotes.
void shift_error(const packet::Key& key, const flow::Found& found, packet::Frame& frame);

}  // namespace sluice::dataplane::splice
