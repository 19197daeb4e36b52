// ICMP (RFC 792) and ICMPv6 (RFC 4443): | type 1 | code 1 | checksum 2 | of queries: identifier 2 | sequence
// 2 | …
#include "dataplane/flow/packet_tuple.hpp"

#include <cstring>

namespace sluice::dataplane::flow::detail {

TupleKind icmp_tuple(const packet::Key& key, const packet::Frame& frame, Tuple& tuple) {
    const bool ipv6 = key.has(packet::key_ipv6);
    // ICMP over IPv6 or ICMPv6 over IPv4 is neither.
    if (ipv6 != (key.protocol == static_cast<std::uint8_t>(net::IpProtocol::icmpv6))) return TupleKind::none;
    if (!key.has(packet::key_transport) || key.l4_length() < 8) return TupleKind::none;
    const IcmpKind kind = icmp_kind(key.source_port, ipv6);
    if (kind == IcmpKind::other) return TupleKind::none;
    if (kind == IcmpKind::error) return TupleKind::icmp_error;
    std::uint16_t identifier = 0;
    std::memcpy(&identifier, frame.data + key.l4_offset + 4, 2);
    identifier = __builtin_bswap16(identifier);
    (kind == IcmpKind::query ? tuple.source_port : tuple.destination_port) = identifier;
    return TupleKind::own;
}

}  // namespace sluice::dataplane::flow::detail
