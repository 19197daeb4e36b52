// What a gateway does for one tenant: plain values, resolved by the controller from policy and mitigations,
// compiled and enforced by the data plane. Generations only grow.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "model/attack_vector.hpp"
#include "model/attribute_match.hpp"
#include "model/firewall.hpp"
#include "model/guard.hpp"
#include "model/ids.hpp"
#include "model/payload_match.hpp"
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
    std::vector<PayloadMatch> payload;  // all of these
    AttributeMatch source_is;
    bool dynamic = false;          // made for the present attack; goes with its target, or at its expiry
    base::Timestamp expires_at{};  // epoch: never

    bool operator==(const PacketFilter&) const = default;
};

// How one target is scrubbed.
struct ScrubProfile {
    GuardLevel level = GuardLevel::basic;  // what the settings below were made for; for reports
    StageSet monitored = 0;                // what these would drop is counted as such, and goes on
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
    RateLimit pair_limit;      // each source at each destination address
    RateLimit target_limit;    // each destination address
    RateLimit fragment_limit;  // each destination address
    RateLimit icmp_limit;      // each destination address; ICMP errors count, too
    RateLimit udp_limit;       // each destination address
    RateLimit service_limit;   // each protocol and port of each destination address

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
