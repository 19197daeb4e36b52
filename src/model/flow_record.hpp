// One observed flow (or sampled packet), whatever protocol reported it: NetFlow v5/v9, IPFIX, sFlow, or our
// own meter. Plain values without pointers, so that batches are copied and stored as they are.
#pragma once

#include <cstdint>

#include "base/clock.hpp"
#include "net/address.hpp"

namespace sluice::model {

enum class FlowSource : std::uint8_t { netflow_v5, netflow_v9, ipfix, sflow, packet };

struct FlowRecord {
    net::Address source;
    net::Address destination;
    net::Address next_hop;  // none when not reported
    net::Address exporter;  // who reported it

    // As reported, before scaling: multiply by `sampling` for the estimate of what passed.
    std::uint64_t packets = 0;
    std::uint64_t bytes = 0;     // layer 3
    std::uint32_t sampling = 1;  // one in N; 1 when unsampled; never 0

    std::uint32_t input_interface = 0;
    std::uint32_t output_interface = 0;
    std::uint32_t source_as = 0;
    std::uint32_t destination_as = 0;
    std::uint32_t observation_domain = 0;  // IPFIX domain, v9 source id, v5 engine, sFlow sub-agent
    std::uint32_t flow_label = 0;          // IPv6
    std::uint32_t fragment_id = 0;
    std::uint32_t vrf = 0;         // ingress VRF (element 234); 0 when not reported
    std::uint32_t mpls_label = 0;  // the top label's 20 bits

    std::uint16_t source_port = 0;
    std::uint16_t destination_port = 0;
    std::uint16_t vlan = 0;             // outer
    std::uint16_t inner_vlan = 0;       // QinQ
    std::uint16_t icmp_type_code = 0;   // type << 8 | code
    std::uint16_t fragment_offset = 0;  // in units of 8 bytes; with fragment flags in `fragment_flags`
    std::uint8_t fragment_flags = 0;    // as element 197: 0x40 don't fragment, 0x20 more fragments
    std::uint8_t protocol = 0;
    std::uint8_t tcp_flags = 0;  // all flags seen, or'ed
    std::uint8_t tos = 0;
    std::uint8_t source_mask = 0;
    std::uint8_t destination_mask = 0;
    std::uint8_t direction = 0;          // 0 ingress, 1 egress (IPFIX element 61)
    std::uint8_t ttl = 0;                // 0 when not reported
    std::uint8_t forwarding_status = 0;  // element 89: 64–127 forwarded, 128–191 dropped, 192– consumed
    bool reverse = false;  // the answering half of a bidirectional record (RFC 5103), addresses swapped
    FlowSource reported_by = FlowSource::packet;

    // Wall clock of the flow's first and last packet; the export time where the exporter gives none.
    base::Timestamp first_at{};
    base::Timestamp last_at{};
};

}  // namespace sluice::model
