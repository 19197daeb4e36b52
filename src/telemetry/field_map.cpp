#include "telemetry/field_map.hpp"

#include <algorithm>
#include <array>

namespace sluice::telemetry {
namespace {

using enum FieldKind;

#define RECORD(element, kind, field, rank)                                       \
    FieldRule {                                                                  \
        0, element, kind, FieldHome::record, offsetof(model::FlowRecord, field), \
            sizeof(model::FlowRecord::field), rank                               \
    }
#define EXTRA(enterprise, element, kind, field, rank)                                \
    FieldRule {                                                                      \
        enterprise, element, kind, FieldHome::extras, offsetof(RecordExtras, field), \
            sizeof(RecordExtras::field), rank                                        \
    }

// The registry's names stand beside; the order is the registry's.
constexpr std::array rules{
    RECORD(1, number, bytes, 0),                          // octetDeltaCount
    RECORD(2, number, packets, 0),                        // packetDeltaCount
    RECORD(4, number, protocol, 0),                       // protocolIdentifier
    RECORD(5, number, tos, 0),                            // ipClassOfService
    RECORD(6, number, tcp_flags, 0),                      // tcpControlBits; the low byte of two
    RECORD(7, number, source_port, 0),                    // sourceTransportPort
    RECORD(8, ipv4, source, 0),                           // sourceIPv4Address
    RECORD(9, number, source_mask, 0),                    // sourceIPv4PrefixLength
    RECORD(10, number, input_interface, 0),               // ingressInterface
    RECORD(11, number, destination_port, 0),              // destinationTransportPort
    RECORD(12, ipv4, destination, 0),                     // destinationIPv4Address
    RECORD(13, number, destination_mask, 0),              // destinationIPv4PrefixLength
    RECORD(14, number, output_interface, 0),              // egressInterface
    RECORD(15, ipv4, next_hop, 0),                        // ipNextHopIPv4Address
    RECORD(16, number, source_as, 0),                     // bgpSourceAsNumber
    RECORD(17, number, destination_as, 0),                // bgpDestinationAsNumber
    RECORD(18, ipv4, next_hop, 2),                        // bgpNextHopIPv4Address
    RECORD(21, uptime_ms, last_at, 2),                    // flowEndSysUpTime
    RECORD(22, uptime_ms, first_at, 2),                   // flowStartSysUpTime
    RECORD(23, number, bytes, 2),                         // postOctetDeltaCount (v9 OUT_BYTES)
    RECORD(24, number, packets, 2),                       // postPacketDeltaCount (v9 OUT_PKTS)
    RECORD(27, ipv6, source, 1),                          // sourceIPv6Address
    RECORD(28, ipv6, destination, 1),                     // destinationIPv6Address
    RECORD(29, number, source_mask, 1),                   // sourceIPv6PrefixLength
    RECORD(30, number, destination_mask, 1),              // destinationIPv6PrefixLength
    RECORD(31, number, flow_label, 0),                    // flowLabelIPv6
    RECORD(32, number, icmp_type_code, 0),                // icmpTypeCodeIPv4 (v9 ICMP_TYPE)
    EXTRA(0, 34, number, sampling_interval, 0),           // samplingInterval
    RECORD(44, ipv4, source, 2),                          // sourceIPv4Prefix
    RECORD(45, ipv4, destination, 2),                     // destinationIPv4Prefix
    EXTRA(0, 48, number, sampler, 0),                     // samplerId
    EXTRA(0, 50, number, sampling_random_interval, 0),    // samplerRandomInterval
    RECORD(52, number, ttl, 1),                           // minimumTTL
    RECORD(53, number, ttl, 2),                           // maximumTTL
    RECORD(54, number, fragment_id, 0),                   // fragmentIdentification
    RECORD(58, number, vlan, 0),                          // vlanId
    RECORD(61, number, direction, 0),                     // flowDirection
    RECORD(62, ipv6, next_hop, 1),                        // ipNextHopIPv6Address
    RECORD(63, ipv6, next_hop, 3),                        // bgpNextHopIPv6Address
    EXTRA(0, 70, number, mpls_stack_entry, 0),            // mplsTopLabelStackSection
    RECORD(85, number, bytes, 1),                         // octetTotalCount
    RECORD(86, number, packets, 1),                       // packetTotalCount
    RECORD(88, number, fragment_offset, 0),               // fragmentOffset
    RECORD(89, number, forwarding_status, 0),             // forwardingStatus
    EXTRA(0, 104, packet_bytes, ethernet_section_at, 1),  // v9 LAYER2_PACKET_SECTION_DATA
    RECORD(139, number, icmp_type_code, 1),               // icmpTypeCodeIPv6
    RECORD(150, unix_s, first_at, 3),                     // flowStartSeconds
    RECORD(151, unix_s, last_at, 3),                      // flowEndSeconds
    RECORD(152, unix_ms, first_at, 1),                    // flowStartMilliseconds
    RECORD(153, unix_ms, last_at, 1),                     // flowEndMilliseconds
    RECORD(154, ntp, first_at, 0),                        // flowStartMicroseconds
    RECORD(155, ntp, last_at, 0),                         // flowEndMicroseconds
    RECORD(156, ntp, first_at, 0),                        // flowStartNanoseconds
    RECORD(157, ntp, last_at, 0),                         // flowEndNanoseconds
    RECORD(158, before_us, first_at, 2),                  // flowStartDeltaMicroseconds
    RECORD(159, before_us, last_at, 2),                   // flowEndDeltaMicroseconds
    EXTRA(0, 160, number, init_time_ms, 0),               // systemInitTimeMilliseconds
    EXTRA(0, 161, number, duration_ms, 0),                // flowDurationMilliseconds
    EXTRA(0, 162, number, duration_us, 0),                // flowDurationMicroseconds
    RECORD(169, ipv6, destination, 3),                    // destinationIPv6Prefix
    RECORD(170, ipv6, source, 3),                         // sourceIPv6Prefix
    EXTRA(0, 176, number, icmp_type, 0),                  // icmpTypeIPv4
    EXTRA(0, 177, number, icmp_code, 0),                  // icmpCodeIPv4
    EXTRA(0, 178, number, icmp_type, 1),                  // icmpTypeIPv6
    EXTRA(0, 179, number, icmp_code, 1),                  // icmpCodeIPv6
    RECORD(180, number, source_port, 1),                  // udpSourcePort
    RECORD(181, number, destination_port, 1),             // udpDestinationPort
    RECORD(182, number, source_port, 2),                  // tcpSourcePort
    RECORD(183, number, destination_port, 2),             // tcpDestinationPort
    RECORD(192, number, ttl, 0),                          // ipTTL
    EXTRA(0, 195, number, dscp, 0),                       // ipDiffServCodePoint
    RECORD(197, number, fragment_flags, 0),               // fragmentFlags
    RECORD(231, number, bytes, 3),                        // initiatorOctets
    EXTRA(0, 232, number, reverse_bytes, 2),              // responderOctets
    RECORD(234, number, vrf, 0),                          // ingressVRFID
    RECORD(243, number, vlan, 1),                         // dot1qVlanId
    RECORD(245, number, inner_vlan, 0),                   // dot1qCustomerVlanId
    RECORD(252, number, input_interface, 1),              // ingressPhysicalInterface
    RECORD(253, number, output_interface, 1),             // egressPhysicalInterface
    RECORD(298, number, packets, 3),                      // initiatorPackets
    EXTRA(0, 299, number, reverse_packets, 2),            // responderPackets
    EXTRA(0, 302, number, selector, 0),                   // selectorId
    EXTRA(0, 304, number, sampling_algorithm, 0),         // selectorAlgorithm
    EXTRA(0, 305, number, sampling_packet_interval, 0),   // samplingPacketInterval
    EXTRA(0, 306, number, sampling_packet_space, 0),      // samplingPacketSpace
    EXTRA(0, 309, number, sampling_size, 0),              // samplingSize
    EXTRA(0, 310, number, sampling_population, 0),        // samplingPopulation
    EXTRA(0, 311, number, sampling_probability, 0),       // samplingProbability, a float64
    EXTRA(0, 312, number, frame_length, 0),               // dataLinkFrameSize
    EXTRA(0, 313, packet_bytes, ip_section_at, 0),        // ipHeaderPacketSection
    EXTRA(0, 315, packet_bytes, ethernet_section_at, 0),  // dataLinkFrameSection
    RECORD(323, unix_ms, last_at, 4),                     // observationTimeMilliseconds, of firewall events
    RECORD(352, number, bytes, 4),                        // layer2OctetDeltaCount: better than nothing
    EXTRA(cert_enterprise, 14, number, first_tcp_flags, 0),  // initialTCPFlags
    EXTRA(cert_enterprise, 15, number, later_tcp_flags, 0),  // unionTCPFlags
    EXTRA(cert_enterprise, cert_reverse | 14, number, reverse_first_tcp_flags, 0),
    EXTRA(cert_enterprise, cert_reverse | 15, number, reverse_later_tcp_flags, 0),
    EXTRA(reverse_enterprise, 1, number, reverse_bytes, 0),
    EXTRA(reverse_enterprise, 2, number, reverse_packets, 0),
    EXTRA(reverse_enterprise, 6, number, reverse_tcp_flags, 0),
    EXTRA(reverse_enterprise, 85, number, reverse_bytes, 1),
    EXTRA(reverse_enterprise, 86, number, reverse_packets, 1),
};

#undef RECORD
#undef EXTRA

constexpr bool before(const FieldRule& a, const FieldRule& b) {
    return a.enterprise != b.enterprise ? a.enterprise < b.enterprise : a.element < b.element;
}
constexpr bool in_order() {
    for (std::size_t i = 1; i < rules.size(); ++i) {
        if (!before(rules[i - 1], rules[i])) return false;
    }
    return true;
}
static_assert(in_order(), "the table is searched by halves: keep it by enterprise and element, each once");

}  // namespace

const FieldRule* find_field(std::uint32_t enterprise, std::uint16_t element) {
    FieldRule wanted{};
    wanted.enterprise = enterprise;
    wanted.element = element;
    const auto* const at = std::lower_bound(rules.begin(), rules.end(), wanted, before);
    return at != rules.end() && at->enterprise == enterprise && at->element == element ? at : nullptr;
}

std::span<const FieldRule> field_rules() {
    return rules;
}

}  // namespace sluice::telemetry
