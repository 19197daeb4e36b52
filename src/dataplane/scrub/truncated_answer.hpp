// The answer that sends a DNS client from UDP to TCP, made of its query in place: "truncated", without a
// record (RFC 1035 section 4.1.1, RFC 7766 section 5). It is never longer than the query.
#pragma once

#include "packet/frame.hpp"
#include "packet/key.hpp"

namespace sluice::dataplane::scrub {

// False: this is no query that can be answered, and the frame is as it was. True: the frame is the answer,
// Ethernet addresses exchanged, tags kept, without IPv4 options and IPv6 extension headers. Keeps no state;
// trusts nothing of the frame but what the key says.
[[nodiscard]] bool answer_truncated(const packet::Key& key, packet::Frame& frame);

}  // namespace sluice::dataplane::scrub
