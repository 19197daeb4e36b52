// Reads the headers of one packet, as sampled by sFlow or captured, into the fields of a flow record.
//
//   Ethernet II or 802.3/SNAP → any 802.1Q/802.1ad tags → any MPLS labels → IPv4 or IPv6 with its extension
//   headers → TCP, UDP, SCTP, ICMP
//
// Stateless and bounded: reads only what is there and follows at most a fixed number of tags and headers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "model/flow_record.hpp"
#include "telemetry/loss_reason.hpp"

namespace sluice::telemetry {

enum class LinkLayer : std::uint8_t {
    ethernet,
    raw_ip,         // starts with the IP header; the version says which
    mpls,           // starts with a label stack
    ppp,            // RFC 1661, with or without the HDLC address and control bytes
    linux_sll,      // "cooked" capture, 16 bytes
    linux_sll2,     // 20 bytes
    null_loopback,  // BSD, 4 bytes of address family
};

enum class HeaderOutcome : std::uint8_t {
    complete,  // all that the packet has is in the record
    partial,   // the bytes end behind the IP header: addresses and protocol stand, ports may be 0
    not_ip,
    cut,  // the bytes end before the IP header does
    malformed,
};

// Fills addresses, ports, protocol, flags, VLANs, MPLS label, fragment and ICMP fields, TTL and TOS, and
// `bytes` from the IP header's total length (0 when the header gives none, as for IPv6 jumbograms and
// offloaded segments). Touches no other field; on not_ip, cut and malformed the record's contents are
// unspecified.
[[nodiscard]] HeaderOutcome read_packet_header(LinkLayer link, std::span<const std::uint8_t> bytes,
                                               model::FlowRecord& record);

// Why such a packet is not counted; nothing when it is.
[[nodiscard]] std::optional<LossReason> loss_of(HeaderOutcome outcome);

}  // namespace sluice::telemetry
