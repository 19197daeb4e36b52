// ICMP errors (RFC 792, RFC 4443 section 3): | type 1 | code 1 | checksum 2 | of the type 4 | the packet, as
// much of it as fits: at least its IP header and eight bytes |
#include "dataplane/flow/icmp_quote.hpp"

#include <cstring>

#include "dataplane/flow/packet_tuple.hpp"
#include "dataplane/flow/tcp_tracker.hpp"
#include "net/protocol.hpp"
#include "packet/parser.hpp"

namespace sluice::dataplane::flow {
namespace {

using net::IpProtocol;

constexpr std::uint32_t icmp_bytes = 8;
constexpr std::uint32_t ports_bytes = 8;  // what every error must quote of a transport

std::uint16_t u16(const std::uint8_t* at) {
    std::uint16_t value = 0;
    std::memcpy(&value, at, 2);
    return __builtin_bswap16(value);
}

// The transport's protocol and its offset from `ip`; 0 when there is none.
std::uint32_t find_transport4(const std::uint8_t* ip, std::uint32_t left, std::uint8_t& protocol) {
    if (left < 20 || ip[0] >> 4U != 4 || (u16(ip + 6) & 0x1fffU) != 0) return 0;
    const std::uint32_t header = (ip[0] & 0x0fU) * 4U;
    protocol = ip[9];
    return header >= 20 && header <= left ? header : 0;
}
std::uint32_t find_transport6(const std::uint8_t* ip, std::uint32_t left, std::uint8_t& protocol) {
    if (left < 40 || ip[0] >> 4U != 6) return 0;
    protocol = ip[6];
    std::uint32_t offset = 40;
    for (int i = 0; i <= packet::max_extension_headers; ++i) {
        const auto kind = static_cast<IpProtocol>(protocol);
        if (kind != IpProtocol::hop_by_hop && kind != IpProtocol::ipv6_routing &&
            kind != IpProtocol::ipv6_destination && kind != IpProtocol::ipv6_fragment &&
            kind != IpProtocol::ah)
            return offset;
        if (offset + 8 > left) return 0;
        const std::uint8_t* header = ip + offset;
        protocol = header[0];
        if (kind == IpProtocol::ipv6_fragment) {
            if ((u16(header + 2) & 0xfff8U) != 0) return 0;
            offset += 8;
        } else {
            offset += kind == IpProtocol::ah ? (header[1] + 2U) * 4U : (header[1] + 1U) * 8U;
        }
        if (offset > left) return 0;
    }
    return 0;
}

// Ports, as tuple_of() would have them of the quoted packet. False where they are not to be had.
bool read_ports(const std::uint8_t* at, std::uint32_t left, bool ipv6, Tuple& quoted, Quote& quote) {
    const auto protocol = static_cast<IpProtocol>(quoted.protocol());
    const bool icmp = protocol == (ipv6 ? IpProtocol::icmpv6 : IpProtocol::icmp);
    if (!icmp && protocol != IpProtocol::tcp && protocol != IpProtocol::udp)
        return protocol != IpProtocol::icmp && protocol != IpProtocol::icmpv6;
    if (left < ports_bytes) return false;
    if (!icmp) {
        quoted.source_port = u16(at);
        quoted.destination_port = u16(at + 2);
        if (protocol == IpProtocol::tcp) quote.sequence = detail::load32(at + 4);
        return true;
    }
    const detail::IcmpKind kind = detail::icmp_kind(at[0], ipv6);
    if (kind != detail::IcmpKind::query && kind != detail::IcmpKind::reply) return false;
    quote.is_query = kind == detail::IcmpKind::query;
    (quote.is_query ? quoted.source_port : quoted.destination_port) = u16(at + 4);
    return true;
}

}  // namespace

std::optional<Quote> read_quote(TenantIndex tenant, const packet::Key& key, const packet::Frame& frame) {
    if (key.has(packet::key_later_fragment) || key.l4_length() < icmp_bytes) return std::nullopt;
    const bool ipv6 = key.has(packet::key_ipv6);
    Quote quote;
    quote.l3_offset = static_cast<std::uint16_t>(key.l4_offset + icmp_bytes);
    const std::uint8_t* ip = frame.data + quote.l3_offset;
    const std::uint32_t left = key.l4_length() - icmp_bytes;
    quote.available = static_cast<std::uint16_t>(left);
    std::uint8_t protocol = 0;
    const std::uint32_t transport =
        ipv6 ? find_transport6(ip, left, protocol) : find_transport4(ip, left, protocol);
    if (transport == 0) return std::nullopt;
    quote.l4_offset = static_cast<std::uint16_t>(quote.l3_offset + transport);
    const net::Address source = ipv6 ? net::Address::v6_from(ip + 8) : net::Address::v4_from(ip + 12);
    const net::Address destination = ipv6 ? net::Address::v6_from(ip + 24) : net::Address::v4_from(ip + 16);
    if (!(source == key.destination)) return std::nullopt;
    Tuple quoted(tenant, protocol, source, 0, destination, 0);
    if (!read_ports(ip + transport, left - transport, ipv6, quoted, quote)) return std::nullopt;
    quote.answers = quoted.reversed();
    return quote;
}

bool is_plausible(const Quote& quote, const Flow& flow, Direction direction) {
    if (flow.tuple.protocol() != static_cast<std::uint8_t>(IpProtocol::tcp) || flow.has(flow_liberal))
        return true;
    // The quoted segment went the other way than the error does.
    const TcpSide& sender = flow.tcp[index(opposite(direction))];
    if ((sender.flags & side_seen) == 0) return false;
    const bool shifted = flow.has(flow_spliced) && direction == Direction::original;
    const std::uint32_t sequence = quote.sequence - (shifted ? flow.splice() : 0);
    return !detail::before(sequence, sender.acked) && !detail::before(sender.end, sequence);
}

}  // namespace sluice::dataplane::flow
