// A customer's firewall and NAT as a gateway enforces them: plain values, with all objects and groups already
// resolved to prefixes and services. Zones are indexes into `zones`; number 0 is always the internet.
//
// Terms: zones, rules and NAT as operators use them; NAT behaviour after RFC 4787, RFC 5382, RFC 7857; port
// blocks after RFC 7422; time-outs after RFC 5382 (TCP), RFC 4787 (UDP), RFC 5508 (ICMP).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "model/attribute_match.hpp"
#include "model/outbound.hpp"
#include "model/rate_limit.hpp"
#include "net/address.hpp"
#include "net/prefix.hpp"

namespace sluice::model {

using ZoneIndex = std::uint8_t;
inline constexpr ZoneIndex internet_zone = 0;
inline constexpr ZoneIndex any_zone = 0xff;

// How one of a tenant's networks reaches the gateway.
enum class AttachmentKind : std::uint8_t {
    prefix,  // routed: its prefixes are unique in the whole network
    port,    // a gateway port of its own
    vlan,    // an 802.1Q tag
    qinq,    // an 802.1ad tag and an 802.1Q tag within
    vxlan,   // a VXLAN network identifier (RFC 7348)
};

struct Attachment {
    std::string name;  // unique in its tenant: "headquarters-dmz"
    ZoneIndex zone = 1;
    AttachmentKind kind = AttachmentKind::prefix;
    std::string port = "clean";    // which of the gateway's ports; prefix and port kinds need no more
    std::uint16_t vlan = 0;        // vlan: the tag; qinq: the outer one
    std::uint16_t inner_vlan = 0;  // qinq only
    std::uint32_t vni = 0;         // vxlan only
    net::Address tunnel_endpoint;  // vxlan only: the customer's side (VTEP)
    net::Address gateway4;         // the gateway's own addresses on this network; unspecified: none
    net::Address gateway6;
    std::array<std::uint8_t, 6> next_hop_mac{};  // of the customer's router; zero: learned
    std::vector<net::Prefix> prefixes;           // reachable there; longest prefix wins within the tenant

    bool operator==(const Attachment&) const = default;
};

struct PortRange {
    std::uint16_t first = 0, last = 65535;

    bool operator==(const PortRange&) const = default;
};

struct ServiceMatch {
    std::uint8_t protocol = 0;  // 0: any
    PortRange source_port;
    PortRange destination_port;
    std::uint16_t icmp_type = any_icmp;  // ICMP and ICMPv6 only
    std::uint16_t icmp_code = any_icmp;

    static constexpr std::uint16_t any_icmp = 0xffff;

    bool operator==(const ServiceMatch&) const = default;
};

enum class RuleAction : std::uint8_t {
    allow,
    drop,
    reject,  // TCP: a reset; otherwise ICMP administratively prohibited
};

// Minutes of the week in UTC, Monday 00:00 = 0; a rule without windows is always in force.
struct WeekWindow {
    std::uint16_t first_minute = 0;
    std::uint16_t end_minute = 7 * 24 * 60;  // not included

    bool operator==(const WeekWindow&) const = default;
};

// First match wins. Empty lists match everything; source and destination are anything only where both the
// prefixes and what the tables say are empty. What no rule matches is dropped. A prefix matches its own
// family:
// ::/0 is all of IPv6, and no IPv4. What asks a table that the gateway does not have matches nothing.
struct FirewallRule {
    std::string name;  // unique in its tenant; logs, counters and `explain` say it
    std::vector<ZoneIndex> from;
    std::vector<ZoneIndex> to;
    std::vector<net::Prefix> sources;
    std::vector<net::Prefix> destinations;  // as the packet arrives: before destination NAT
    std::vector<AttributeMatch> source_is;  // besides the prefixes: one of these holds
    std::vector<AttributeMatch> destination_is;
    std::vector<ServiceMatch> services;
    std::vector<std::string> users;  // users or groups, by the bindings that the gateway is given
    std::vector<WeekWindow> windows;
    RuleAction action = RuleAction::drop;
    bool log = false;

    bool operator==(const FirewallRule&) const = default;
};

enum class NatKind : std::uint8_t {
    source,       // many addresses behind a pool, ports by blocks
    destination,  // a public address and port → a server
    one_to_one,   // a prefix ↔ a prefix of the same length
    exempt,       // matching flows are not translated
};

// First match wins, for each direction on its own: a flow may be translated at its source and its destination
// (hairpin). A rule of the policy that forwards several services is several of these with one name.
struct NatRule {
    std::string name;
    NatKind kind = NatKind::source;
    std::vector<ZoneIndex> from;          // empty: any
    std::vector<ZoneIndex> to;            // source and exempt only
    std::vector<net::Prefix> match;       // source, exempt: sources; destination, one_to_one: the public side
    ServiceMatch service;                 // destination: which ports are forwarded
    std::vector<net::Prefix> translated;  // source: the pool; destination: one server; one_to_one: the inside
    std::uint16_t translated_port = 0;    // destination: first port; 0: as it came
    bool hairpin = true;                  // destination, one_to_one: also from inside

    bool operator==(const NatRule&) const = default;
};

struct FlowTimeouts {
    std::uint32_t tcp_half_open_s = 30;
    std::uint32_t tcp_established_s = 7440;  // RFC 5382 REQ-5: at least 2 h 4 min
    std::uint32_t tcp_closing_s = 240;       // RFC 5382 REQ-5: at least 4 min
    std::uint32_t udp_s = 300;               // RFC 4787 REQ-5
    std::uint32_t udp_single_s = 30;         // nothing has come back yet
    std::uint32_t icmp_s = 60;               // RFC 5508 REQ-1
    std::uint32_t other_s = 600;

    bool operator==(const FlowTimeouts&) const = default;
};

// 0: no limit but the gateway's own.
struct FlowLimits {
    std::uint32_t flows = 100'000;
    std::uint32_t new_flows_per_s = 0;
    std::uint32_t flows_a_source = 0;
    std::uint32_t new_flows_a_source_per_s = 0;

    bool operator==(const FlowLimits&) const = default;
};

struct FirewallProgram {
    bool enabled = false;            // false: the tenant's traffic is only scrubbed and forwarded
    std::vector<std::string> zones;  // zones[0] is "internet"
    std::vector<Attachment> attachments;
    std::vector<FirewallRule> rules;
    std::vector<NatRule> nat;
    FlowTimeouts timeouts;
    FlowLimits limits;
    RateLimit inbound;  // committed rates of the tenant, each direction; packets over them are dropped
    RateLimit outbound;
    OutboundPolicy attacks;  // of the tenant's own hosts
    bool strict_tcp =
        true;  // a TCP flow begins with a SYN and stays within its windows (RFC 9293, section 3.10.7)

    bool operator==(const FirewallProgram&) const = default;
};

}  // namespace sluice::model
