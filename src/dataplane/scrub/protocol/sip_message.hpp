// Does a datagram to port 5060 begin as a SIP message does? (RFC 3261 section 7)
//
//   Request-Line  =  Method SP Request-URI SP "SIP/2.0" CRLF          INVITE sip:bob@example.net SIP/2.0
//   Status-Line   =  "SIP/2.0" SP Status-Code SP Reason-Phrase CRLF   SIP/2.0 200 OK
//
// Empty lines may come before it (section 7.5). What keeps a way through a client's NAT open is taken, too:
// nothing but line ends or up to four zero bytes, and STUN's binding requests (RFC 5626 section 4.4.2, RFC
// 8489 section 5). Of a piece of a packet the first is enough. Reads nothing beyond the bytes, keeps no
// state.
#pragma once

#include <cstdint>
#include <span>

namespace sluice::dataplane::scrub::protocol {

[[nodiscard]] bool is_sip_message(std::span<const std::uint8_t> payload);

}  // namespace sluice::dataplane::scrub::protocol
