// Packet → the tuple by which its flow is found.
#pragma once

#include <cstdint>

#include "dataplane/flow/tuple.hpp"
#include "net/protocol.hpp"
#include "packet/frame.hpp"
#include "packet/key.hpp"

namespace sluice::dataplane::flow {

enum class TupleKind : std::uint8_t {
    own,         // the packet's own flow: find it, or open it
    piece,       // a later fragment: its first one knows the flow (FragmentTable)
    icmp_error,  // belongs to the flow of the packet that it quotes (read_quote)
    none,        // ICMP that is neither query, reply nor error, or a transport header that is not there
};

namespace detail {

// ICMP messages whose identifier tells flows apart (RFC 792, RFC 4443 section 4), and errors.
enum class IcmpKind : std::uint8_t { query, reply, error, other };
[[nodiscard]] constexpr IcmpKind icmp_kind(std::uint32_t type, bool ipv6) {
    if (ipv6) {
        return type == 128              ? IcmpKind::query
               : type == 129            ? IcmpKind::reply
               : type >= 1 && type <= 4 ? IcmpKind::error
                                        : IcmpKind::other;
    }
    switch (type) {
        case 8:   // echo
        case 13:  // timestamp
        case 15:  // information
        case 17:  // address mask
            return IcmpKind::query;
        case 0:
        case 14:
        case 16:
        case 18:
            return IcmpKind::reply;
        case 3:   // destination unreachable
        case 11:  // time exceeded
        case 12:  // parameter problem
            return IcmpKind::error;
        default:
            return IcmpKind::other;
    }
}
[[nodiscard]] TupleKind icmp_tuple(const packet::Key& key, const packet::Frame& frame, Tuple& tuple);

}  // namespace detail

// For kind `own` the whole tuple; for `piece` without ports. The key is the frame's, without parse error.
[[nodiscard]] inline TupleKind tuple_of(TenantIndex tenant, const packet::Key& key,
                                        const packet::Frame& frame, Tuple& tuple) {
    using net::IpProtocol;
    tuple.source = key.source;
    tuple.destination = key.destination;
    constexpr unsigned kind = packet::key_later_fragment | packet::key_transport;
    const bool ports = key.protocol == static_cast<std::uint8_t>(IpProtocol::tcp) ||
                       key.protocol == static_cast<std::uint8_t>(IpProtocol::udp);
    if (ports && (key.flags & kind) == packet::key_transport) [[likely]] {
        tuple.set_rest(tenant, key.protocol, key.source_port, key.destination_port);
        return TupleKind::own;
    }
    tuple.set_rest(tenant, key.protocol, 0, 0);
    if (key.has(packet::key_later_fragment)) return TupleKind::piece;
    if (ports) return TupleKind::none;
    const bool icmp = key.protocol == static_cast<std::uint8_t>(IpProtocol::icmp) ||
                      key.protocol == static_cast<std::uint8_t>(IpProtocol::icmpv6);
    return icmp ? detail::icmp_tuple(key, frame, tuple) : TupleKind::own;
}

// Of packets whose tuple is their own.
[[nodiscard]] inline bool is_icmp_of(const packet::Key& key, detail::IcmpKind kind) {
    const bool ipv6 = key.has(packet::key_ipv6);
    const auto icmp = ipv6 ? net::IpProtocol::icmpv6 : net::IpProtocol::icmp;
    return key.protocol == static_cast<std::uint8_t>(icmp) &&
           detail::icmp_kind(key.source_port, ipv6) == kind;
}
[[nodiscard]] inline bool is_icmp_query(const packet::Key& key) {
    return is_icmp_of(key, detail::IcmpKind::query);
}
[[nodiscard]] inline bool is_icmp_reply(const packet::Key& key) {
    return is_icmp_of(key, detail::IcmpKind::reply);
}

}  // namespace sluice::dataplane::flow
