#include "telemetry/packet_header.hpp"

#include "base/byte_cursor.hpp"
#include "net/protocol.hpp"

namespace sluice::telemetry {
namespace {

using base::ByteCursor;
using net::IpProtocol;

constexpr int max_tags = 4;
constexpr int max_labels = 16;
constexpr int max_extension_headers = 8;

constexpr std::uint16_t ether_old_qinq = 0x9100;
constexpr std::uint16_t ether_pppoe_session = 0x8864;
constexpr std::uint16_t ppp_ipv4 = 0x0021;
constexpr std::uint16_t ppp_ipv6 = 0x0057;
constexpr std::uint16_t ppp_mpls = 0x0281;

// The top three bits of IPv4's fragment field, as element 197 has them.
constexpr std::uint8_t flag_more_fragments = 0x20;

// TCP (RFC 9293), UDP (RFC 768), SCTP (RFC 9260), ICMP (RFC 792, 4443)
HeaderOutcome read_transport(ByteCursor cursor, model::FlowRecord& record) {
    switch (static_cast<IpProtocol>(record.protocol)) {
        case IpProtocol::tcp:
            record.source_port = cursor.u16();
            record.destination_port = cursor.u16();
            cursor.skip(9);
            record.tcp_flags = cursor.u8();
            break;
        case IpProtocol::udp:
        case IpProtocol::sctp:
            record.source_port = cursor.u16();
            record.destination_port = cursor.u16();
            break;
        case IpProtocol::icmp:
        case IpProtocol::icmpv6:
            record.icmp_type_code = cursor.u16();
            break;
        default:
            return HeaderOutcome::complete;
    }
    return cursor.ok() ? HeaderOutcome::complete : HeaderOutcome::partial;
}

// RFC 791 section 3.1
HeaderOutcome read_ipv4(ByteCursor cursor, model::FlowRecord& record) {
    if (cursor.remaining() < 20) return HeaderOutcome::cut;
    const std::uint8_t first = cursor.u8();
    const std::size_t header_length = (first & 0x0fU) * 4U;
    record.tos = cursor.u8();
    const std::uint16_t total_length = cursor.u16();
    record.fragment_id = cursor.u16();
    const std::uint16_t fragment = cursor.u16();
    record.fragment_flags = static_cast<std::uint8_t>(fragment >> 8U) & 0xe0U;
    record.fragment_offset = fragment & 0x1fffU;
    record.ttl = cursor.u8();
    record.protocol = cursor.u8();
    cursor.skip(2);
    record.source = net::Address::v4_from(cursor.take(4).data());
    record.destination = net::Address::v4_from(cursor.take(4).data());
    record.bytes = total_length;
    if (first >> 4U != 4 || header_length < 20) return HeaderOutcome::malformed;
    if (total_length != 0 && total_length < header_length) return HeaderOutcome::malformed;
    if (record.fragment_offset != 0) return HeaderOutcome::complete;
    cursor.skip(header_length - 20);
    return cursor.ok() ? read_transport(cursor, record) : HeaderOutcome::partial;
}

// RFC 8200 section 4, RFC 4302 section 2
HeaderOutcome read_extension_headers(ByteCursor cursor, model::FlowRecord& record) {
    for (int i = 0; i < max_extension_headers; ++i) {
        std::size_t length = 0;
        switch (static_cast<IpProtocol>(record.protocol)) {
            case IpProtocol::hop_by_hop:
            case IpProtocol::ipv6_routing:
            case IpProtocol::ipv6_destination: {
                const std::uint8_t next = cursor.u8();
                length = cursor.u8() * 8U + 6U;
                if (!cursor.ok()) return HeaderOutcome::partial;
                record.protocol = next;
                break;
            }
            case IpProtocol::ah: {
                const std::uint8_t next = cursor.u8();
                length = cursor.u8() * 4U + 6U;
                if (!cursor.ok()) return HeaderOutcome::partial;
                record.protocol = next;
                break;
            }
            case IpProtocol::ipv6_fragment: {
                const std::uint8_t next = cursor.u8();
                cursor.skip(1);
                const std::uint16_t fragment = cursor.u16();
                const std::uint32_t id = cursor.u32();
                if (!cursor.ok()) return HeaderOutcome::partial;
                record.protocol = next;
                record.fragment_offset = fragment >> 3U;
                record.fragment_flags = (fragment & 1U) != 0 ? flag_more_fragments : 0;
                record.fragment_id = id;
                if (record.fragment_offset != 0) return HeaderOutcome::complete;
                break;
            }
            default:
                return read_transport(cursor, record);
        }
        cursor.skip(length);
        if (!cursor.ok()) return HeaderOutcome::partial;
    }
    return HeaderOutcome::partial;
}

// RFC 8200 section 3
HeaderOutcome read_ipv6(ByteCursor cursor, model::FlowRecord& record) {
    if (cursor.remaining() < 40) return HeaderOutcome::cut;
    const std::uint32_t first = cursor.u32();
    const std::uint16_t payload_length = cursor.u16();
    record.protocol = cursor.u8();
    record.ttl = cursor.u8();
    record.source = net::Address::v6_from(cursor.take(16).data());
    record.destination = net::Address::v6_from(cursor.take(16).data());
    record.tos = static_cast<std::uint8_t>(first >> 20U);
    record.flow_label = first & 0xfffffU;
    record.bytes = payload_length == 0 ? 0 : payload_length + 40U;
    if (first >> 28U != 6) return HeaderOutcome::malformed;
    return read_extension_headers(cursor, record);
}

HeaderOutcome read_ip(ByteCursor cursor, model::FlowRecord& record) {
    if (cursor.remaining() == 0) return HeaderOutcome::cut;
    switch (cursor.rest()[0] >> 4U) {
        case 4:
            return read_ipv4(cursor, record);
        case 6:
            return read_ipv6(cursor, record);
        default:
            return HeaderOutcome::malformed;
    }
}

// RFC 3032 section 2.1. What follows the stack is told by its first bits only; pseudowires are not followed.
HeaderOutcome read_mpls(ByteCursor cursor, model::FlowRecord& record) {
    for (int i = 0; i < max_labels; ++i) {
        const std::uint32_t entry = cursor.u32();
        if (!cursor.ok()) return HeaderOutcome::cut;
        if (i == 0) record.mpls_label = entry >> 12U;
        if ((entry & 0x100U) == 0) continue;
        if (cursor.remaining() == 0) return HeaderOutcome::cut;
        const unsigned version = cursor.rest()[0] >> 4U;
        return version == 4 || version == 6 ? read_ip(cursor, record) : HeaderOutcome::not_ip;
    }
    return HeaderOutcome::malformed;
}

HeaderOutcome read_ppp_payload(std::uint16_t protocol, ByteCursor cursor, model::FlowRecord& record) {
    if (!cursor.ok()) return HeaderOutcome::cut;
    switch (protocol) {
        case ppp_ipv4:
            return read_ipv4(cursor, record);
        case ppp_ipv6:
            return read_ipv6(cursor, record);
        case ppp_mpls:
            return read_mpls(cursor, record);
        default:
            return HeaderOutcome::not_ip;
    }
}

// RFC 1661 section 2, RFC 1662 section 3.1; address, control and the protocol's first byte may be left out.
HeaderOutcome read_ppp(ByteCursor cursor, model::FlowRecord& record) {
    if (cursor.remaining() >= 2 && cursor.rest()[0] == 0xff && cursor.rest()[1] == 0x03) cursor.skip(2);
    std::uint16_t protocol = cursor.u8();
    if ((protocol & 1U) == 0) protocol = static_cast<std::uint16_t>(protocol << 8U | cursor.u8());
    return read_ppp_payload(protocol, cursor, record);
}

HeaderOutcome read_ether_payload(std::uint16_t type, ByteCursor cursor, model::FlowRecord& record) {
    for (int tags = 0;
         type == net::ether_type::vlan || type == net::ether_type::qinq || type == ether_old_qinq; ++tags) {
        if (tags == max_tags) return HeaderOutcome::malformed;
        const auto id = static_cast<std::uint16_t>(cursor.u16() & 0x0fffU);
        if (tags == 0) record.vlan = id;
        if (tags == 1) record.inner_vlan = id;
        type = cursor.u16();
    }
    if (type < 0x0600) {
        // 802.3: a length, then LLC; IP comes with the SNAP header of RFC 1042.
        const std::uint32_t llc = cursor.u32();
        cursor.skip(2);
        if (llc != 0xaaaa0300U) return cursor.ok() ? HeaderOutcome::not_ip : HeaderOutcome::cut;
        type = cursor.u16();
    }
    if (!cursor.ok()) return HeaderOutcome::cut;
    switch (type) {
        case net::ether_type::ipv4:
            return read_ipv4(cursor, record);
        case net::ether_type::ipv6:
            return read_ipv6(cursor, record);
        case net::ether_type::mpls:
        case net::ether_type::mpls_multicast:
            return read_mpls(cursor, record);
        case ether_pppoe_session: {
            cursor.skip(6);
            const std::uint16_t protocol = cursor.u16();
            return read_ppp_payload(protocol, cursor, record);
        }
        default:
            return HeaderOutcome::not_ip;
    }
}

}  // namespace

HeaderOutcome read_packet_header(LinkLayer link, std::span<const std::uint8_t> bytes,
                                 model::FlowRecord& record) {
    ByteCursor cursor(bytes);
    std::uint16_t type = 0;
    switch (link) {
        case LinkLayer::ethernet:
            cursor.skip(12);
            type = cursor.u16();
            break;
        case LinkLayer::linux_sll:
            cursor.skip(14);
            type = cursor.u16();
            break;
        case LinkLayer::linux_sll2:
            type = cursor.u16();
            cursor.skip(18);
            break;
        case LinkLayer::raw_ip:
            return read_ip(cursor, record);
        case LinkLayer::mpls:
            return read_mpls(cursor, record);
        case LinkLayer::ppp:
            return read_ppp(cursor, record);
        case LinkLayer::null_loopback:
            cursor.skip(4);
            return read_ip(cursor, record);
    }
    if (!cursor.ok()) return HeaderOutcome::cut;
    return read_ether_payload(type, cursor, record);
}

std::optional<LossReason> loss_of(HeaderOutcome outcome) {
    switch (outcome) {
        case HeaderOutcome::complete:
        case HeaderOutcome::partial:
            return std::nullopt;
        case HeaderOutcome::not_ip:
            return LossReason::packet_not_ip;
        case HeaderOutcome::cut:
            return LossReason::packet_cut;
        case HeaderOutcome::malformed:
            return LossReason::packet_malformed;
    }
    return LossReason::packet_malformed;
}

}  // namespace sluice::telemetry
