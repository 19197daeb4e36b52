#include "telemetry/loss_reason.hpp"

namespace sluice::telemetry {
namespace {

using enum LossReason;

constexpr std::array<LossInfo, loss_reason_count> infos{{
    {socket_full, "socket_full", "datagrams",
     "The kernel dropped datagrams because the socket's buffer was full: raise receive_buffer_bytes or "
     "threads."},
    {datagram_cut, "datagram_cut", "datagrams",
     "The datagram was longer than max_datagram_bytes and was not decoded."},
    {gap_netflow_v5, "gap_netflow_v5", "records",
     "NetFlow v5 flow sequence numbers are missing: records were lost between the exporter and the "
     "collector."},
    {gap_netflow_v9, "gap_netflow_v9", "datagrams",
     "NetFlow v9 package sequence numbers are missing: datagrams were lost between the exporter and the "
     "collector."},
    {gap_ipfix, "gap_ipfix", "records",
     "IPFIX sequence numbers are missing: data records were lost between the exporter and the collector."},
    {gap_sflow, "gap_sflow", "datagrams",
     "sFlow datagram sequence numbers are missing: datagrams were lost between the agent and the collector."},
    {agent_overload, "agent_overload", "samples",
     "The sFlow agent reports that it dropped samples for lack of resources."},
    {exporter_not_listed, "exporter_not_listed", "datagrams",
     "The sender is no configured exporter and accept_unlisted is off."},
    {exporter_limit, "exporter_limit", "datagrams",
     "There are already max_exporters exporters; this one was turned away."},
    {domain_limit, "domain_limit", "datagrams",
     "The exporter already uses max_domains_per_exporter observation domains; this one was turned away."},
    {version_unknown, "version_unknown", "datagrams",
     "Neither NetFlow v5, v9, IPFIX nor sFlow v5: another protocol or version on this port."},
    {header_malformed, "header_malformed", "datagrams",
     "The datagram is shorter than its header says, or its header contradicts itself."},
    {set_malformed, "set_malformed", "sets",
     "A set (flowset) runs past its datagram or has a reserved number; the rest of the datagram was left."},
    {template_malformed, "template_malformed", "templates",
     "A template is cut, empty, has a reserved number or describes records without length."},
    {template_limit, "template_limit", "templates",
     "The template has too many fields, or its domain has too many templates."},
    {data_without_template, "data_without_template", "sets",
     "Data came without its template, and none came while the data was kept: see data_wait_ms."},
    {data_waiting_limit, "data_waiting_limit", "sets",
     "Data came without its template, and there was no room left to keep it until the template comes."},
    {sample_malformed, "sample_malformed", "samples",
     "An sFlow sample runs past its datagram or contradicts its own lengths."},
    {sample_unsupported, "sample_unsupported", "samples",
     "An sFlow sample of a format that Sluice does not decode, or a flow sample without a packet in it."},
    {record_malformed, "record_malformed", "records",
     "A record's variable-length field runs past its set; the rest of the set was left."},
    {record_without_address, "record_without_address", "records",
     "The template has neither a source nor a destination address, so there is no one to count the record "
     "for."},
    {packet_not_ip, "packet_not_ip", "packets",
     "The sampled or captured packet is neither IPv4 nor IPv6 (ARP, LLDP, spanning tree …)."},
    {packet_cut, "packet_cut", "packets",
     "The sampled or captured packet was cut before the end of its IP header."},
    {packet_malformed, "packet_malformed", "packets",
     "The packet's headers contradict themselves: wrong version, header length or total length."},
}};

constexpr bool in_order() {
    for (std::size_t i = 0; i < infos.size(); ++i) {
        if (static_cast<std::size_t>(infos[i].reason) != i) return false;
    }
    return true;
}
static_assert(in_order(), "the table stands in the order of the enum");

}  // namespace

const LossInfo& loss_info(LossReason reason) {
    return infos[static_cast<std::size_t>(reason)];
}
const std::array<LossInfo, loss_reason_count>& loss_infos() {
    return infos;
}

}  // namespace sluice::telemetry
