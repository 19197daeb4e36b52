// The answer to a rejected packet, made of the packet itself: a TCP reset (RFC 9293 section 3.10.7.1), or an
// ICMP error "administratively prohibited" (RFC 1812 section 5.2.7.1, RFC 4443 section 3.1) that quotes it.
//
// Nobody is answered who may not be (RFC 1122 section 3.2.2, RFC 4443 section 2.4): the sender of an ICMP
// error or of anything else in ICMP but a query, of a reset, of a later fragment, of a packet to or from a
// multicast, broadcast, loopback or unspecified address. How many answers are sent is the caller's to limit.
#pragma once

#include "net/address.hpp"
#include "packet/frame.hpp"
#include "packet/key.hpp"

namespace sluice::dataplane::firewall {

// False: no answer, the packet is as it was. True: the frame is the answer, Ethernet addresses exchanged,
// tags kept. `own` is what an ICMP error comes from: the gateway's address on the sender's network, or
// unspecified for the packet's destination.
[[nodiscard]] bool reject(const packet::Key& key, packet::Frame& frame, const net::Address& own);

}  // namespace sluice::dataplane::firewall
