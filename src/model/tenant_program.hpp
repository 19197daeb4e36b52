// What a gateway does for one tenant: plain values, resolved by the controller from policy and mitigations,
// compiled and enforced by the data plane. Generations only grow.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "model/attack_vector.hpp"
#include "model/firewall.hpp"
#include "model/ids.hpp"
#include "model/rate_limit.hpp"
#include "net/prefix.hpp"

namespace sluice::model {

enum class FilterAction : std::uint8_t { drop, pass };  // pass: this packet skips every later stage

// First match wins. Empty lists and zero values match everything.
struct PacketFilter {
    std::string name;
    FilterAction action = FilterAction::drop;
    net::Prefix source;       // ::/0 matches both families
    net::Prefix destination;  // within the tenant's prefixes, or ::/0
    std::uint8_t protocol = 0;
    std::uint16_t source_port_first = 0, source_port_last = 65535;
    std::uint16_t destination_port_first = 0, destination_port_last = 65535;
    std::uint8_t tcp_flags_mask = 0, tcp_flags_value = 0;  // matches when (flags & mask) == value
    std::uint16_t length_first = 0, length_last = 65535;   // layer 3 bytes
    bool fragments_only = false;
    bool dynamic = false;          // made for the present attack; goes with its target, or at its expiry
    base::Timestamp expires_at{};  // epoch: never

    bool operator==(const PacketFilter&) const = default;
};

// Which TCP senders must show that their address is real before they reach the target.
enum class TcpVerification : std::uint8_t {
    off,
    syn,  // those of SYNs: what belongs to connections that were open before the diversion goes on
    all,  // everybody: against floods of segments that look like those of open connections
};

// How a TCP sender shows it.
enum class TcpMethod : std::uint8_t {
    // SYN cookie, then a reset: the client's second attempt goes through. For one-way traffic: the gateway
    // never sees an answer.
    safe_reset,
    // The first SYN of a source is dropped, its retransmission (RFC 6298: after a second) passes.
    first_drop,
};

// How a DNS client shows it on UDP port 53.
enum class DnsVerification : std::uint8_t {
    off,
    truncate,  // the query is answered with TC: the client asks again over TCP (RFC 7766), and shows it there
    first_drop,  // the first query is dropped, the client's repetition passes
};

// How other UDP senders show that they are no spoofed source of a single packet.
enum class UdpVerification : std::uint8_t {
    off,
    first_drop,  // the first datagram of a source is dropped; one that comes soon after it passes
};

// Payloads that must be what their port says. A source that sends others is shut out for a while.
struct ProtocolChecks {
    bool dns = false;   // UDP port 53: one well-formed query (RFC 1035, section 4.1)
    bool http = false;  // TCP port 80: a request begins with a method (RFC 9112, section 3)
    bool tls = false;   // TCP port 443: a connection begins with a ClientHello (RFC 8446, section 4.1.2)
    bool ntp = false;   // UDP port 123: a client's or server's packet of 48 bytes (RFC 5905); no mode 6 or 7
    bool sip = false;   // UDP port 5060: a request or response line (RFC 3261, section 7)
    bool slow = false;  // TCP: a connection whose request does not come is ended, and its source shut out
    std::uint32_t dns_queries_per_s = 0;    // each source; 0: no limit
    std::uint32_t http_requests_per_s = 0;  // each source
    std::uint32_t connections = 0;          // open ones of each source

    bool operator==(const ProtocolChecks&) const = default;
};

// What is unlike the target's traffic of quiet times becomes a dynamic filter for a while.
struct AnomalyChecks {
    bool heavy_sources = false;      // sources far above what its sources send in quiet times
    bool odd_lengths = false;        // packet lengths that were rare and now are many
    bool repeated_payloads = false;  // the same first bytes again and again
    std::uint32_t filter_for_s = 60;

    bool operator==(const AnomalyChecks&) const = default;
};

// How far the guard goes; it rises while attack traffic comes through and falls when it is over.
enum class GuardLevel : std::uint8_t {
    analysis,  // everything is measured, only what is invalid or filtered is dropped
    basic,     // and sources show themselves
    strong,    // and whatever is unlike quiet times, or over tight rates, is dropped
};

// How one target is scrubbed.
struct ScrubProfile {
    GuardLevel level = GuardLevel::basic;  // what the settings below were made for; for reports
    // Bit s: what Stage s would drop is counted as monitored, and goes on.
    std::uint16_t monitored = 0;
    bool drop_invalid = true;
    // UDP from these services' ports is dropped. AttackVector::fragment here drops every fragment: a
    // reflector's large answers arrive in pieces, of which only the first has ports.
    std::vector<AttackVector> reflection;
    TcpVerification verify_tcp = TcpVerification::off;
    TcpMethod tcp_method = TcpMethod::safe_reset;
    DnsVerification verify_dns = DnsVerification::off;
    UdpVerification verify_udp = UdpVerification::off;
    std::uint32_t verified_for_s = 300;  // life time of a proof
    AnomalyChecks anomaly;
    ProtocolChecks protocol;
    RateLimit source_limit;    // each source
    RateLimit target_limit;    // each destination address
    RateLimit fragment_limit;  // each destination address
    RateLimit icmp_limit;      // each destination address; ICMP errors count, too
    RateLimit udp_limit;       // each destination address

    bool operator==(const ScrubProfile&) const = default;
};

// A diverted target: the traffic to it comes through the gateway.
struct ScrubTarget {
    net::Prefix prefix;
    MitigationId mitigation;  // whose counters these are
    ScrubProfile profile;

    bool operator==(const ScrubTarget&) const = default;
};

struct TenantProgram {
    TenantId tenant;
    std::uint64_t generation = 0;
    std::vector<net::Prefix> prefixes;  // all of the tenant's
    std::vector<ScrubTarget> targets;   // more specific wins; a prefix without a target is only forwarded
    std::vector<PacketFilter> filters;
    FirewallProgram firewall;

    bool operator==(const TenantProgram&) const = default;
};

}  // namespace sluice::model
