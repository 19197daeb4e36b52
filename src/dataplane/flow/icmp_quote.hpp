// ICMP errors → the flow that they are about, by the packet that they quote.
#pragma once

#include <cstdint>
#include <optional>

#include "dataplane/flow/flow.hpp"
#include "dataplane/flow/tuple.hpp"
#include "packet/frame.hpp"
#include "packet/key.hpp"

namespace sluice::dataplane::flow {

struct Quote {
    // The reverse of the quoted packet: found in the table, it gives the flow and the direction in which the
    // error itself travels. The quoted packet has been translated already, where its flow is.
    Tuple answers;
    std::uint32_t sequence = 0;   // of TCP
    std::uint16_t l3_offset = 0;  // of the quoted IP header in the frame; NAT rewrites it, too
    std::uint16_t l4_offset = 0;  // of the quoted transport's first eight bytes
    std::uint16_t available = 0;  // bytes of the quoted packet from its IP header on that are there
    bool is_query = false;        // of ICMP: the quoted packet is the query, not the reply
};

// Of a packet for which tuple_of() says `icmp_error`. Nothing where the quotation is not readable: cut before
// its ports, a later fragment, an ICMP error itself (RFC 1122 section 3.2.2), or of another sender than the
// one that the error is sent to.
[[nodiscard]] std::optional<Quote> read_quote(TenantIndex tenant, const packet::Key& key,
                                              const packet::Frame& frame);

// Whether the error may be about this flow now: of TCP, the quoted data must be on its way (RFC 5927 section
// 4), or anybody could tear down connections that he does not see. `direction` is the error's, as found.
[[nodiscard]] bool is_plausible(const Quote& quote, const Flow& flow, Direction direction);

}  // namespace sluice::dataplane::flow
