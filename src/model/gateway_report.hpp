// What a gateway reports: its health, and its counters by tenant and mitigation. Counters only grow while a
// gateway runs (`started_at` tells a restart).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "model/attribute_match.hpp"
#include "model/ids.hpp"
#include "model/outbound.hpp"
#include "model/verdict.hpp"
#include "net/address.hpp"
#include "net/prefix.hpp"

namespace sluice::model {

struct PacketCount {
    std::uint64_t packets = 0;
    std::uint64_t bytes = 0;

    bool operator==(const PacketCount&) const = default;
};

struct StageCount {
    PacketCount in;
    PacketCount passed;
    PacketCount dropped;
    std::uint64_t spent_ns = 0;  // of one core, extrapolated from some bursts; 0 where it is not measured

    bool operator==(const StageCount&) const = default;
};

// Of one target (one mitigation), or of a tenant's traffic without one (mitigation is none).
struct TargetCounters {
    TenantId tenant;
    MitigationId mitigation;
    net::Prefix target;
    PacketCount in;
    PacketCount passed;
    PacketCount dropped;
    PacketCount answered;
    std::array<StageCount, static_cast<std::size_t>(Stage::count_)> stages{};
    std::array<PacketCount, static_cast<std::size_t>(DropReason::count_)> reasons{};
    std::uint64_t verified_sources = 0;  // distinct proofs accepted
    std::uint64_t spliced = 0;           // connections that a cookie given back has begun (TcpMethod::splice)
    std::uint64_t syns_repeated = 0;     // of these: sent again, as their servers were silent
    // By stage: what it would have dropped, had it not been told only to watch. Part of `passed` there.
    std::array<PacketCount, static_cast<std::size_t>(Stage::count_)> monitored{};
    // Legitimate loss: packets of verified senders that the guard dropped for the attack's sake (dynamic
    // filters and templates, limits that all senders share; not what goes over the sender's own limits,
    // breaks a protocol, or what the customer forbids), and all packets of verified senders that passed or
    // were lost so. Only packets of protocols that the target verifies count. Bytes are counted of the lost
    // ones only.
    PacketCount verified_in;
    PacketCount verified_dropped;

    bool operator==(const TargetCounters&) const = default;
};

// How often a rule of a tenant's firewall was the first to match. Names are of the program in force.
struct RuleHits {
    std::string rule;
    std::uint64_t hits = 0;
    base::Timestamp since{};    // the rule, by its name, is in force since then; to the second
    base::Timestamp last_at{};  // it matched last; the epoch: it never did

    bool operator==(const RuleHits&) const = default;
};

// A report names only a part of all tenants and rules: first those whose counters have moved, then others in
// turn (docs/decisions/firewall-counters.md). What it does not name is as it was.
struct FirewallCounters {
    TenantId tenant;
    std::uint64_t flows_open = 0;    // now
    std::uint64_t flows_opened = 0;  // since the gateway began
    std::uint64_t nat_ports = 0;     // of pools, in blocks that somebody has now
    std::vector<RuleHits> rules;

    bool operator==(const FirewallCounters&) const = default;
};

// A tenant's program that the gateway would not take.
struct RefusedProgram {
    TenantId tenant;
    std::uint64_t generation = 0;  // of the program that it refuses
    std::uint64_t in_force = 0;    // of the tenant's program that it enforces instead; 0: it only forwards
    std::string why;
};

struct GatewayReport {
    std::string name;                  // unique among the gateways
    net::Address diversion_next_hop;   // the address of its dirty leg, IPv4
    net::Address diversion_next_hop6;  // the same for IPv6; may be none
    base::Timestamp started_at{};
    base::Timestamp at{};
    std::uint64_t generation = 0;  // every program up to this one is in force, but for those that are refused
    std::uint64_t bindings_generation = 0;  // of addresses to users, in force up to this one
    std::uint64_t bindings = 0;
    std::vector<RefusedProgram> refused;
    std::vector<TargetCounters> targets;
    std::vector<FirewallCounters> firewalls;
    std::vector<OutboundAttacker> attackers;  // all that are named now
    AttributeEditions tables;                 // that it has
    std::string trouble;                      // in words, that an operator has to see to; empty: none
    std::array<PacketCount, static_cast<std::size_t>(DropReason::count_)>
        unattributed{};  // before a tenant was known
};

}  // namespace sluice::model
