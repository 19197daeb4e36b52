#include "detection/traffic_class.hpp"

#include "net/protocol.hpp"

namespace sluice::detection {
namespace {

using enum TrafficClass;
using model::AttackVector;
using net::IpProtocol;
namespace flag = net::tcp_flag;

constexpr std::array<AttackVector, static_cast<std::size_t>(first_reflection)> plain_vectors{
    AttackVector::tcp_ack,        // tcp_ack
    AttackVector::udp,            // udp
    AttackVector::tcp_syn,        // tcp_syn
    AttackVector::tcp_syn_ack,    // tcp_syn_ack
    AttackVector::tcp_rst_fin,    // tcp_rst_fin
    AttackVector::tcp_null,       // tcp_null
    AttackVector::icmp,           // icmp
    AttackVector::fragment,       // fragment
    AttackVector::other_protocol  // other_protocol
};

// RFC 9293 section 3.5 and 3.10: which flags a stack sends in one segment.
constexpr TrafficClass segment_class(std::uint8_t flags) {
    const bool syn = (flags & flag::syn) != 0;
    const bool ack = (flags & flag::ack) != 0;
    if (syn && (flags & (flag::fin | flag::rst)) != 0) return tcp_null;
    if (syn) return ack ? tcp_syn_ack : TrafficClass::tcp_syn;
    if ((flags & flag::rst) != 0) return tcp_rst_fin;
    // A bare FIN or RST is what floods send; FIN with PSH and URG but no ACK ("Xmas") is what no stack sends.
    if ((flags & flag::fin) != 0) {
        return ack || (flags & (flag::psh | flag::urg)) == 0 ? tcp_rst_fin : tcp_null;
    }
    return ack ? tcp_ack : tcp_null;
}

enum class FlowShape : std::uint8_t { connection, syn_only, handshake, closing, odd };

// The same for the or'ed flags of a record of several segments.
constexpr FlowShape flow_shape(std::uint8_t flags) {
    const bool syn = (flags & flag::syn) != 0;
    const bool ack = (flags & flag::ack) != 0;
    const bool data = (flags & (flag::psh | flag::urg)) != 0;
    if (syn && !ack) {
        // A client that gives up sends SYN and RST; SYN and FIN without ACK comes from no connection.
        return (flags & flag::fin) != 0 ? FlowShape::odd : FlowShape::syn_only;
    }
    if (syn && !data && (flags & (flag::fin | flag::rst)) == 0) return FlowShape::handshake;
    if (!syn && !data && (flags & (flag::fin | flag::rst)) != 0) return FlowShape::closing;
    return FlowShape::connection;
}

template <class Value, class Judge>
constexpr auto table_of(Judge judge) {
    std::array<Value, 256> table{};
    for (unsigned flags = 0; flags < 256; ++flags) table[flags] = judge(static_cast<std::uint8_t>(flags));
    return table;
}
constexpr auto segment_table = table_of<TrafficClass>(segment_class);
constexpr auto flow_table = table_of<FlowShape>(flow_shape);

TrafficClass classify_tcp(const model::FlowRecord& record) {
    const bool exact =
        record.reported_by == model::FlowSource::sflow || record.reported_by == model::FlowSource::packet;
    // NetFlow without flags means an exporter that does not report them rather than a null scan.
    if (record.tcp_flags == 0 && !exact) return tcp_ack;
    if (record.packets <= 1 || exact) return segment_table[record.tcp_flags];
    switch (flow_table[record.tcp_flags]) {
        case FlowShape::syn_only:
            return TrafficClass::tcp_syn;
        case FlowShape::odd:
            return tcp_null;
        case FlowShape::handshake:
            // SYN and ACK of a client's own handshake, or of a server's repeated SYN-ACK: servers sit on the
            // lower port.
            return record.source_port < record.destination_port ? tcp_syn_ack : tcp_ack;
        case FlowShape::closing:
            return record.packets <= 3 ? tcp_rst_fin : tcp_ack;
        case FlowShape::connection:
            break;
    }
    return tcp_ack;
}

constexpr auto isakmp_class =
    static_cast<TrafficClass>(static_cast<int>(first_reflection) + static_cast<int>(AttackVector::isakmp) -
                              static_cast<int>(AttackVector::dns));

constexpr std::size_t fold(std::uint16_t port) {
    return (port ^ (port >> 8U)) & 0xffU;
}

}  // namespace

AttackVector vector_of(TrafficClass traffic_class) {
    const auto index = static_cast<std::size_t>(traffic_class);
    if (index < plain_vectors.size()) return plain_vectors[index];
    return static_cast<AttackVector>(static_cast<std::size_t>(AttackVector::dns) + index -
                                     plain_vectors.size());
}

ClassMask classes_of(AttackVector vector) {
    if (vector == AttackVector::total) return all_classes;
    ClassMask mask = 0;
    for (std::size_t i = 0; i < class_count; ++i) {
        const auto traffic_class = static_cast<TrafficClass>(i);
        const bool counts = vector_of(traffic_class) == vector ||
                            (vector == AttackVector::udp && is_reflection(traffic_class));
        if (counts) mask |= mask_of(traffic_class);
    }
    return mask;
}

Classifier::Classifier() {
    for (std::size_t i = static_cast<std::size_t>(first_reflection); i < class_count; ++i) {
        const auto& row = model::info(vector_of(static_cast<TrafficClass>(i)));
        for (const std::uint16_t port : {row.source_port, row.other_port}) {
            if (port == 0) continue;
            std::size_t at = fold(port);
            while (ports_[at].port != 0) at = (at + 1) & 0xffU;
            ports_[at] = {port, static_cast<TrafficClass>(i)};
        }
    }
}

TrafficClass Classifier::classify_udp(const model::FlowRecord& record) const {
    // Exporters that know no fragments report those behind the first as UDP without ports.
    if ((record.source_port | record.destination_port) == 0) return fragment;
    for (std::size_t at = fold(record.source_port); ports_[at].port != 0; at = (at + 1) & 0xffU) {
        if (ports_[at].port != record.source_port) continue;
        // IKE and ESP in UDP between two VPN gateways use the same port at both ends: no reflection.
        const bool vpn =
            ports_[at].traffic_class == isakmp_class && record.source_port == record.destination_port;
        return vpn ? udp : ports_[at].traffic_class;
    }
    return udp;
}

TrafficClass Classifier::classify(const model::FlowRecord& record) const {
    // The first fragment of a datagram has its ports and is judged by them.
    if (record.fragment_offset != 0) return fragment;
    switch (static_cast<IpProtocol>(record.protocol)) {
        case IpProtocol::tcp:
            return classify_tcp(record);
        case IpProtocol::udp:
            return classify_udp(record);
        case IpProtocol::icmp:
        case IpProtocol::icmpv6:
            return icmp;
        default:
            return other_protocol;
    }
}

}  // namespace sluice::detection
