// What a customer wants and has agreed to, as one value: what a policy file says, what the store keeps, and
// what detection policies and tenant programs are resolved from (policy/).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/attack_vector.hpp"
#include "model/consent.hpp"
#include "model/detection_policy.hpp"
#include "model/firewall_policy.hpp"
#include "model/tenant.hpp"
#include "model/tenant_program.hpp"
#include "net/prefix.hpp"

namespace sluice::model {

struct SitePolicy {
    std::string name;                 // unique in its tenant
    std::uint64_t line_rate_bps = 0;  // 0: not known

    bool operator==(const SitePolicy&) const = default;
};

struct PrefixPolicy {
    net::Prefix prefix;
    std::string site;  // SitePolicy::name; empty: none
    // Empty: as it is now, and `ask` for a new prefix. So a policy file need not repeat what the customer has
    // agreed to in the portal.
    std::optional<ConsentMode> consent;

    bool operator==(const PrefixPolicy&) const = default;
};

// When a countermeasure that costs something works.
enum class Countermeasure : std::uint8_t {
    never,
    on_attack,  // while the attack's vectors call for it
    always,     // as long as the target is diverted
};

// A service that the customer offers to the internet. Under a flood of its protocol the rest is dropped.
struct OfferedService {
    std::uint8_t protocol = 6;
    std::uint16_t port_first = 0, port_last = 65535;

    bool operator==(const OfferedService&) const = default;
};

// What a tenant has otherwise than its template, from level basic on.
struct ProtocolOverrides {
    std::optional<bool> dns, http, tls, ntp, sip, slow;
    std::optional<std::uint32_t> dns_queries_per_s, http_requests_per_s, connections;

    bool operator==(const ProtocolOverrides&) const = default;
};
struct AnomalyOverrides {
    std::optional<bool> heavy_sources, odd_lengths, repeated_payloads, zombies;
    std::optional<std::uint32_t> filter_for_s;

    bool operator==(const AnomalyOverrides&) const = default;
};

// How a diverted target of the tenant is scrubbed: a template of the provider and what this tenant has
// otherwise. Only the differences are kept, so that a better template reaches everybody.
struct ProtectionProfile {
    std::string base = "generic";  // policy/scrub_template.hpp
    std::optional<bool> drop_invalid;
    std::optional<Countermeasure> verify_tcp;
    std::optional<std::uint32_t> verified_for_s;
    std::optional<GuardLevel> level;  // empty: it rises and falls by itself
    StageSet watch = 0;               // these stages count what they would drop, and drop nothing
    std::optional<TcpMethod> tcp_method;
    std::optional<DnsVerification> verify_dns;
    std::optional<UdpVerification> verify_udp;
    ProtocolOverrides protocol;
    AnomalyOverrides anomaly;
    std::optional<std::vector<AttackVector>> reflection;            // dropped on every diverted target
    std::optional<std::vector<AttackVector>> reflection_on_attack;  // dropped when the attack has this vector
    std::optional<std::vector<OfferedService>> services;  // empty: not known, nothing is dropped for it
    std::optional<RateLimit> source_limit;
    std::optional<RateLimit> target_limit;
    std::optional<RateLimit> fragment_limit;
    std::optional<RateLimit> icmp_limit;
    std::optional<RateLimit> udp_limit;
    std::optional<RateLimit> pair_limit;
    std::optional<RateLimit> service_limit;

    bool operator==(const ProtectionProfile&) const = default;
};

// What may be done on the tenant's behalf at most; the platform's own limits count besides.
struct MitigationLimits {
    std::uint32_t max_active = 256;
    std::uint8_t widest_divert_v4 = 24;  // nothing with a shorter prefix length is diverted
    std::uint8_t widest_divert_v6 = 48;
    std::uint32_t expires_after_s = 3600;

    bool operator==(const MitigationLimits&) const = default;
};

struct ProtectionPolicy {
    std::vector<Threshold> thresholds;  // empty: the platform's (policy/resolve.hpp)
    std::uint32_t hold_down_ms = 10'000;
    ProtectionProfile profile;
    std::vector<PacketFilter> filters;  // in force on diverted traffic
    MitigationLimits limits;
    std::optional<FirewallPolicy> firewall;  // none: the tenant's traffic is only scrubbed and forwarded

    bool operator==(const ProtectionPolicy&) const = default;
};

struct UserPolicy {
    std::string login;
    Role role = Role::tenant_viewer;

    bool operator==(const UserPolicy&) const = default;
};

struct WebhookPolicy {
    std::string url;
    std::vector<std::string> kinds;  // event kinds, or their first part ("incident"); empty: all

    bool operator==(const WebhookPolicy&) const = default;
};

struct TenantPolicy {
    std::string slug;
    std::string name;
    std::vector<SitePolicy> sites;
    std::vector<PrefixPolicy> prefixes;
    ProtectionPolicy protection;
    // Empty: left as they are.
    std::optional<std::vector<UserPolicy>> users;
    std::optional<std::vector<WebhookPolicy>> webhooks;

    bool operator==(const TenantPolicy&) const = default;
};

}  // namespace sluice::model
