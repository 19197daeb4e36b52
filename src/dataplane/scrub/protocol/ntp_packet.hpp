// Is a datagram to port 123 a client's question for the time, or a server's answer to one? (RFC 5905
// section 7.3, figure 8; extension fields RFC 7822)
//
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   +---+-----+-----+---------------+---------------+---------------+
//   |LI | VN  |mode |    stratum    |     poll      |   precision   |   VN 1 to 4; mode 3 client, 4 server;
//   +---+-----+-----+---------------+---------------+---------------+   stratum at most 16
//   | root delay, root dispersion, reference identifier (4 each),
//   | reference, origin, receive and transmit time stamps (8 each)      48 bytes so far
//   +---------------------------------------------------------------+
//   | version 4: extension fields (type 2, length 2, value), each at least 16 bytes and a multiple of 4
//   | a code of authentication: 4 (a refusal), 20 or 24 bytes; in versions before 4 also 12
//
// Mode 6 (control) and 7 (ntpdc's private requests) are what amplifiers are asked with, and what they answer
// with: never taken. Symmetric peers (modes 1 and 2) and broadcasts (5) are named by a filter where there are
// any. Reads nothing beyond the bytes, keeps no state.
#pragma once

#include <cstdint>
#include <span>

namespace sluice::dataplane::scrub::protocol {

[[nodiscard]] bool is_ntp_packet(std::span<const std::uint8_t> payload);

}  // namespace sluice::dataplane::scrub::protocol
