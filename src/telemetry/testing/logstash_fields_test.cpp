#include "telemetry/testing/logstash_fields.hpp"

#include <ctime>

#include <set>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/clock.hpp"

namespace sluice::telemetry::testing {
namespace {

using nlohmann::json;

// As the event has it: text like "2015-10-08T19:03:47.140Z", milliseconds or seconds since 1970.
json time_like(const json& theirs, base::Timestamp at) {
    const auto ms = std::chrono::floor<std::chrono::milliseconds>(at.time_since_epoch()).count();
    if (theirs.is_number()) return theirs.get<std::int64_t>() > 100'000'000'000 ? ms : ms / 1000;
    const std::time_t seconds = static_cast<std::time_t>(ms / 1000);
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                       parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, ms % 1000);
}

std::int64_t ms_of(const std::string& text) {
    std::tm parts{};
    int ms = 0;
    if (std::sscanf(text.c_str(), "%d-%d-%dT%d:%d:%d.%d", &parts.tm_year, &parts.tm_mon, &parts.tm_mday,
                    &parts.tm_hour, &parts.tm_min, &parts.tm_sec, &ms) != 7) {
        return 0;
    }
    parts.tm_year -= 1900;
    parts.tm_mon -= 1;
    return timegm(&parts) * 1000LL + ms;
}

// logstash adds a second when it takes milliseconds of uptime from the export time (its "1000000 - micros"
// has no carry), and knows no wrap of the uptime after 2^32 ms. nfdump 1.7.1 reads these datagrams as Sluice
// does.
json switched(const json& theirs, base::Timestamp at) {
    const json ours = time_like(theirs, at);
    if (ours == theirs || !theirs.is_string()) return ours;
    const std::int64_t difference = ms_of(theirs) - ms_of(ours);
    for (const std::int64_t known : {1000LL, 1LL << 32, (1LL << 32) + 1000}) {
        if (difference == known) return theirs;
    }
    return ours;
}

// Milliseconds of the exporter's uptime, where the event says when that began.
json uptime_of(const json& event, const char* field, base::Timestamp at) {
    const auto began = event.find("systemInitTimeMilliseconds");
    if (began == event.end()) return event[field];
    const auto ms = std::chrono::floor<std::chrono::milliseconds>(at.time_since_epoch()).count();
    return static_cast<std::uint32_t>(ms - began->get<std::int64_t>());
}

// A count of the reported flow's own direction, where the record has a better one that is not zero.
json unless_better(const json& event, const char* field, std::initializer_list<const char*> better,
                   std::uint64_t ours) {
    for (const char* name : better) {
        if (event.contains(name) && event[name] != 0) return event[field];
    }
    return ours;
}

// The field that is used when this one is zero.
json or_else(const json& event, const char* field, const char* other, std::uint64_t ours) {
    return event[field] == 0 && event.contains(other) ? json(0) : json(ours);
}

#define FIELD(name, expression)                                                                  \
    ModelledField {                                                                              \
        name, []([[maybe_unused]] const RecordPair& p, [[maybe_unused]] const json& e) -> json { \
            return expression;                                                                   \
        }                                                                                        \
    }

const ModelledField modelled[] = {
    FIELD("ipv4_src_addr", p.record->source.to_string()),
    FIELD("ipv4_dst_addr", p.record->destination.to_string()),
    FIELD("sourceIPv4Address", p.record->source.to_string()),
    FIELD("destinationIPv4Address", p.record->destination.to_string()),
    // A template for both families: the one that is not zero counts.
    FIELD("sourceIPv6Address",
          e["sourceIPv6Address"] == "::" ? json("::") : json(p.record->source.to_string())),
    FIELD("destinationIPv6Address",
          e["destinationIPv6Address"] == "::" ? json("::") : json(p.record->destination.to_string())),
    FIELD("ipVersion", p.record->source.is_v4() ? 4 : 6),
    FIELD("ip_protocol_version", p.record->source.is_v4() ? 4 : 6),
    FIELD("ipv4_next_hop", p.record->next_hop.to_string()),
    FIELD("bgp_ipv4_next_hop",
          e.contains("ipv4_next_hop") ? e["bgp_ipv4_next_hop"] : json(p.record->next_hop.to_string())),
    FIELD("ipNextHopIPv4Address", p.record->next_hop.to_string()),
    FIELD("ipNextHopIPv6Address", p.record->next_hop.to_string()),
    FIELD("in_bytes", or_else(e, "in_bytes", "out_bytes", p.record->bytes)),
    FIELD("in_pkts", or_else(e, "in_pkts", "out_pkts", p.record->packets)),
    FIELD("out_bytes", unless_better(e, "out_bytes", {"in_bytes"}, p.record->bytes)),
    FIELD("out_pkts", unless_better(e, "out_pkts", {"in_pkts"}, p.record->packets)),
    FIELD("in_permanent_bytes", unless_better(e, "in_permanent_bytes", {"in_bytes"}, p.record->bytes)),
    FIELD("octetDeltaCount", p.record->bytes),
    FIELD("packetDeltaCount", p.record->packets),
    FIELD("octetTotalCount", unless_better(e, "octetTotalCount", {"octetDeltaCount"}, p.record->bytes)),
    FIELD("packetTotalCount", unless_better(e, "packetTotalCount", {"packetDeltaCount"}, p.record->packets)),
    FIELD("fwd_flow_delta_bytes", unless_better(e, "fwd_flow_delta_bytes", {"in_bytes"}, p.record->bytes)),
    FIELD("rev_flow_delta_bytes", p.reverse != nullptr ? p.reverse->bytes : 0),
    FIELD("reverseOctetTotalCount", p.reverse != nullptr ? p.reverse->bytes : 0),
    FIELD("reversePacketTotalCount", p.reverse != nullptr ? p.reverse->packets : 0),
    FIELD("l4_src_port", p.record->source_port),
    FIELD("l4_dst_port", p.record->destination_port),
    FIELD("sourceTransportPort", p.record->source_port),
    FIELD("destinationTransportPort", p.record->destination_port),
    FIELD("tcp_src_port", unless_better(e, "tcp_src_port", {"l4_src_port"}, p.record->source_port)),
    FIELD("udp_dst_port", unless_better(e, "udp_dst_port", {"l4_dst_port"}, p.record->destination_port)),
    FIELD("protocol", p.record->protocol),
    FIELD("protocolIdentifier", p.record->protocol),
    FIELD("tcp_flags", p.record->tcp_flags),
    // Two bytes in IPFIX; the record keeps the eight flags.
    FIELD("tcpControlBits", (e["tcpControlBits"].get<unsigned>() & 0xff00U) | p.record->tcp_flags),
    FIELD("initialTCPFlags", e["initialTCPFlags"].get<unsigned>() & p.record->tcp_flags),
    FIELD("unionTCPFlags", e["unionTCPFlags"].get<unsigned>() & p.record->tcp_flags),
    FIELD("src_tos", p.record->tos),
    FIELD("ipClassOfService", p.record->tos),
    FIELD("ip_dscp", p.record->tos >> 2U),
    FIELD("ipDiffServCodePoint", p.record->tos >> 2U),
    FIELD("ipPrecedence", p.record->tos >> 5U),
    FIELD("maximumTTL", p.record->ttl),
    FIELD("input_snmp", p.record->input_interface),
    FIELD("output_snmp", p.record->output_interface),
    FIELD("ingressInterface", p.record->input_interface),
    FIELD("egressInterface", p.record->output_interface),
    FIELD("ingressPhysicalInterface",
          unless_better(e, "ingressPhysicalInterface", {"input_snmp"}, p.record->input_interface)),
    FIELD("egressPhysicalInterface",
          unless_better(e, "egressPhysicalInterface", {"output_snmp"}, p.record->output_interface)),
    FIELD("src_as", p.record->source_as),
    FIELD("dst_as", p.record->destination_as),
    FIELD("bgpSourceAsNumber", p.record->source_as),
    FIELD("bgpDestinationAsNumber", p.record->destination_as),
    FIELD("src_mask", p.record->source_mask),
    FIELD("dst_mask", p.record->destination_mask),
    FIELD("src_vlan", p.record->vlan),
    FIELD("vlanId", p.record->vlan),
    FIELD("direction", p.record->direction),
    FIELD("flowDirection", p.record->direction),
    // Element 32 has type and code in one number, element 176 the type alone.
    FIELD("icmp_type", e.contains("icmp_code") ? p.record->icmp_type_code >> 8U : p.record->icmp_type_code),
    FIELD("icmp_code", p.record->icmp_type_code & 0xffU),
    FIELD("icmpTypeCodeIPv4", p.record->icmp_type_code),
    FIELD("ingressVRFID", p.record->vrf),
    FIELD("ipv4_ident", p.record->fragment_id),
    FIELD("mpls_label_stack_octets",
          (e["mpls_label_stack_octets"]["label"] == p.record->mpls_label ? e["mpls_label_stack_octets"]
                                                                         : json(p.record->mpls_label))),
    FIELD("forwarding_status", (json{{"status", p.record->forwarding_status >> 6U},
                                     {"reason", p.record->forwarding_status & 0x3fU}})),
    FIELD("engine_type", e["version"] == 5 ? json(p.record->observation_domain >> 8U) : e["engine_type"]),
    FIELD("engine_id", e["version"] == 5 ? json(p.record->observation_domain & 0xffU) : e["engine_id"]),
    // 0 is no sampling, as 1.
    FIELD("sampling_interval",
          e["sampling_interval"] == 0 && p.record->sampling == 1 ? 0 : p.record->sampling),
    FIELD("first_switched", switched(e["first_switched"], p.record->first_at)),
    FIELD("last_switched", switched(e["last_switched"], p.record->last_at)),
    FIELD("flow_start_msec", time_like(e["flow_start_msec"], p.record->first_at)),
    FIELD("event_time_msec", time_like(e["event_time_msec"], p.record->last_at)),
    FIELD("flowStartSeconds", time_like(e["flowStartSeconds"], p.record->first_at)),
    FIELD("flowEndSeconds", time_like(e["flowEndSeconds"], p.record->last_at)),
    FIELD("flowStartMilliseconds", time_like(e["flowStartMilliseconds"], p.record->first_at)),
    FIELD("flowEndMilliseconds", time_like(e["flowEndMilliseconds"], p.record->last_at)),
    FIELD("flowStartMicroseconds", time_like(e["flowStartMicroseconds"], p.record->first_at)),
    FIELD("flowEndMicroseconds", time_like(e["flowEndMicroseconds"], p.record->last_at)),
    FIELD("flowStartSysUpTime", uptime_of(e, "flowStartSysUpTime", p.record->first_at)),
    FIELD("flowEndSysUpTime", uptime_of(e, "flowEndSysUpTime", p.record->last_at)),
    FIELD("flowDurationMilliseconds",
          std::chrono::floor<std::chrono::milliseconds>(p.record->last_at - p.record->first_at).count()),
};

#undef FIELD

constexpr std::string_view of_message = "of the message, not of the flow";
constexpr std::string_view of_application =
    "what the exporter thinks of the application; Sluice looks for itself";
constexpr std::string_view of_firewall =
    "how a firewall named or translated the connection; no part of a flow's traffic";
constexpr std::string_view of_layer_2 = "link layer; not needed to count an address";
constexpr std::string_view of_vendor = "a vendor's own element";
constexpr std::string_view of_exporter =
    "about the exporter; read for sampling and uptime, not kept as a record";
constexpr std::string_view of_egress = "the record keeps the ingress side";

const UnmodelledField unmodelled[] = {
    {"version", "which protocol it was is told by reported_by"},
    {"flow_seq_num", of_message},
    {"flowset_id", of_message},
    {"flow_records", of_message},
    {"observationPointId", of_message},
    {"exportingProcessId", of_exporter},
    {"flow_sampler_id", "looked up: its rate is the record's sampling"},
    {"sampling_algorithm", "one in N, whatever way the N is chosen"},
    {"flowId", "the exporter's own number"},
    {"flows", "the number of flows that an aggregate stands for"},
    {"minimumIpTotalLength", "a detector of packet sizes does not exist yet"},
    {"maximumIpTotalLength", "a detector of packet sizes does not exist yet"},
    {"flowEndReason", "why the exporter reported now"},
    {"flow_end_reason", "why the exporter reported now"},
    {"ipv4_src_prefix", "the address says more"},
    {"egressVRFID", of_egress},
    {"dst_vlan", of_egress},
    {"ethernetType", of_layer_2},
    {"sourceMacAddress", of_layer_2},
    {"in_src_mac", of_layer_2},
    {"in_dst_mac", of_layer_2},
    {"out_src_mac", of_layer_2},
    {"out_dst_mac", of_layer_2},
    {"layer2SegmentId", of_layer_2},
    {"VRFname", "the VRF's number is kept, not its name"},
    {"app_id", of_application},
    {"application_id", of_application},
    {"application_name", of_application},
    {"silkAppLabel", of_application},
    {"nprobe_*", of_application},
    {"user_id", of_firewall},
    {"username", of_firewall},
    {"conn_id", of_firewall},
    {"fw_event", of_firewall},
    {"fw_ext_event", of_firewall},
    {"firewallEvent", of_firewall},
    {"ingress_acl_id", of_firewall},
    {"egress_acl_id", of_firewall},
    {"xlate_*", of_firewall},
    {"postNAT*", of_firewall},
    {"nat*", of_firewall},
    {"privateEnterpriseNumber", of_firewall},
    {"AuditCounter", of_vendor},
    {"BindIPv4Address", of_vendor},
    {"BindTransportPort", of_vendor},
    {"ConnIPv4Address", of_vendor},
    {"ConnTransportPort", of_vendor},
    {"FW_Rule", of_vendor},
    {"LogOp", of_vendor},
    {"Reason", of_vendor},
    {"ReasonText", of_vendor},
    {"ServiceName", of_vendor},
    {"Timestamp", of_vendor},
    {"TrafficType", of_vendor},
    {"src_traffic_index", of_vendor},
    {"dst_traffic_index", of_vendor},
    {"flowAttributes", of_vendor},
    {"ixia*", of_vendor},
    {"netscaler*", of_vendor},
    {"procera*", of_vendor},
    {"streamcore_*", of_vendor},
    {"reamcore_id_rule_1", of_vendor},  // a name that the corpus's extraction cut; streamcore_id_rule_1
    {"viptelaVPNId", of_vendor},
    {"vmware*", of_vendor},
    {"tcpOptions", "a detector of TCP options does not exist yet"},
    {"tcpSequenceNumber", "of one packet; says nothing about the flow's volume"},
    {"reverseFlowAttributes", of_vendor},
    {"reverseFlowDeltaMilliseconds", "the delay to the first answer; both halves keep the record's times"},
    {"reverseIcmpTypeCodeIPv4", "the answering half keeps the ICMP type of the record"},
    {"reverseInitialTCPFlags", "or'ed into the flags of the answering half"},
    {"reverseUnionTCPFlags", "or'ed into the flags of the answering half"},
    {"reverseIpClassOfService", "the answering half keeps the TOS of the record"},
    {"reverseTcpSequenceNumber", "of one packet; says nothing about the flow's volume"},
    {"reverseVlanId", "the answering half keeps the VLAN of the record"},
};

}  // namespace

std::span<const ModelledField> logstash_modelled() {
    return modelled;
}
std::span<const UnmodelledField> logstash_unmodelled() {
    return unmodelled;
}

bool is_flow(const json& event) {
    for (const char* name : {"ipv4_src_addr", "ipv4_dst_addr", "sourceIPv4Address", "destinationIPv4Address",
                             "sourceIPv6Address", "destinationIPv6Address"}) {
        if (event.contains(name)) return true;
    }
    return false;
}

TEST(LogstashFields, NoNameStandsTwiceAndEachReasonIsGiven) {
    std::set<std::string_view> names;
    for (const ModelledField& field : modelled) EXPECT_TRUE(names.insert(field.name).second) << field.name;
    for (const UnmodelledField& field : unmodelled) {
        EXPECT_TRUE(names.insert(field.name).second) << field.name;
        EXPECT_FALSE(field.reason.empty()) << field.name;
    }
}

}  // namespace sluice::telemetry::testing
