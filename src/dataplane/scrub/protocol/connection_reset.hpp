// A client's segment turned, in its own buffer, into a reset of its connection towards the server, which then
// has the place free for somebody else. A server takes a reset whose sequence number is the next one that it
// expects, and asks back for any other in its window (RFC 5961 section 3.2): `sequence` must be the first
// byte that did not reach it.
#pragma once

#include <cstdint>

#include "packet/frame.hpp"
#include "packet/key.hpp"

namespace sluice::dataplane::scrub::protocol {

// Of a whole TCP segment. IP header, options and Ethernet header stay; the frame is cut behind the TCP
// header.
void write_reset(packet::Key& key, std::uint32_t sequence, packet::Frame& frame);

}  // namespace sluice::dataplane::scrub::protocol
