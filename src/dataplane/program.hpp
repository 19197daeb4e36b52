// All tenants' programs, compiled: what the stages read for each packet. Immutable from the moment that a
// worker can see it; a change is a new Program that is swapped in by pointer. Everything is reached by index,
// from the target that the destination gives.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <vector>

#include "dataplane/meter/rate_limit.hpp"
#include "dataplane/target_table.hpp"
#include "model/ids.hpp"
#include "model/tenant_program.hpp"
#include "net/prefix.hpp"

namespace sluice::dataplane {

// How the traffic to a target is treated. Targets with the same settings share one.
struct Profile {
    bool drop_invalid = false;
    bool drop_fragments = false;
    bool verify_tcp = false;
    bool meter_source = false;       // source has a limit
    bool meter_destination = false;  // target, fragment, ICMP or UDP have one
    bool wide = false;               // the target is more than one address: each has meters of its own
    std::uint32_t reflection = 0;    // bit v: UDP from the ports of AttackVector v is dropped
    std::uint32_t verified_for = 0;  // life time of a proof, in coarse ticks
    meter::RateLimit source;
    meter::RateLimit target;
    meter::RateLimit fragment;
    meter::RateLimit icmp;
    meter::RateLimit udp;

    auto operator<=>(const Profile&) const = default;
};

// A packet matches when every condition holds; a condition that is not asked for holds always.
struct CompiledFilter {
    struct Words {
        std::uint64_t high = 0;
        std::uint64_t low = 0;
    };
    enum Condition : std::uint8_t {
        by_protocol = 0x01,
        by_source = 0x02,
        by_destination = 0x04,
        by_ports = 0x08,
        by_tcp_flags = 0x10,
        by_length = 0x20,
        by_fragment = 0x40,
        by_time = 0x80,
    };
    std::uint8_t conditions = 0;
    std::uint8_t protocol = 0;
    std::uint8_t tcp_flags_mask = 0, tcp_flags_value = 0;
    model::FilterAction action = model::FilterAction::drop;
    bool dynamic = false;
    std::uint16_t length_first = 0, length_last = 0;
    std::uint16_t source_port_first = 0, source_port_last = 0;
    std::uint16_t destination_port_first = 0, destination_port_last = 0;
    Words source_mask, source_value;  // of the address's bytes as they lie in memory
    Words destination_mask, destination_value;
    std::uint64_t expires_ns = 0;  // on the worker's clock
    std::uint32_t rule = 0;        // index into Program::rules
};

struct FilterList {
    std::uint32_t first = 0;
    std::uint32_t count = 0;
};

// Whose counters a slot holds.
struct SlotOwner {
    std::uint32_t slot = 0;
    std::uint32_t serial = 0;
    model::TenantId tenant;
    std::uint64_t since = 0;         // the program with which it was given out
    model::MitigationId mitigation;  // none: the tenant's prefixes without a target
    net::Prefix prefix;              // of the target; of an undiverted tenant its first prefix
};

struct Program {
    std::uint64_t sequence = 0;    // of this gateway's programs: 1, 2, …
    std::uint64_t generation = 0;  // the highest of the tenants'
    TargetTable table;
    std::vector<Profile> profiles;
    std::vector<FilterList> filter_lists;    // 0 is empty
    std::vector<CompiledFilter> filters;     // a tenant's lie together, in the order of matching
    std::vector<std::string> rules;          // names of filters, for reports
    std::vector<SlotOwner> owners;           // ascending by slot
    std::vector<std::uint32_t> fresh_slots;  // given out for the first time since the last program
};

}  // namespace sluice::dataplane
