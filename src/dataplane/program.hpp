// All tenants' programs, compiled: what the stages read for each packet. Immutable from the moment that a
// worker can see it; a change is a new Program that is swapped in by pointer. Everything is reached by index,
// from the target that the destination gives.
#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "dataplane/attach/ingress_table.hpp"
#include "dataplane/attributes/attribute_table.hpp"
#include "dataplane/meter/rate_limit.hpp"
#include "dataplane/scrub/anomaly/rules.hpp"
#include "dataplane/scrub/protocol/rules.hpp"
#include "dataplane/source.hpp"
#include "dataplane/target_table.hpp"
#include "dataplane/tenant_firewall.hpp"
#include "dataplane/tenant_path.hpp"
#include "model/ids.hpp"
#include "model/tenant_program.hpp"
#include "net/prefix.hpp"

namespace sluice::dataplane {

enum class ProtocolClass : std::uint8_t { tcp, udp, other, count_ };
[[nodiscard]] constexpr ProtocolClass class_of(std::uint8_t protocol) {
    return protocol == 6 ? ProtocolClass::tcp : protocol == 17 ? ProtocolClass::udp : ProtocolClass::other;
}

// How the traffic to a target is treated. Targets with the same settings share one.
struct Profile {
    bool drop_invalid = false;
    bool drop_fragments = false;
    model::TcpVerification verify_tcp = model::TcpVerification::off;
    model::TcpMethod tcp_method = model::TcpMethod::safe_reset;
    model::DnsVerification verify_dns = model::DnsVerification::off;
    model::UdpVerification verify_udp = model::UdpVerification::off;
    bool answer_syns = false;             // a SYN of an unknown sender is answered
    bool splices = false;                 // by a SYN-ACK, and its cookie begins the connection (splice/)
    std::uint8_t verified_protocols = 0;  // bit c: ProtocolClass c has to be verified, at least in part
    std::array<Proof, 3> needed{Proof::unasked, Proof::unasked,
                                Proof::unasked};  // of TCP, UDP, DNS over UDP (scrub/verify_stage.hpp)
    std::uint16_t monitored = 0;                  // bit s: what Stage s would drop goes on
    bool meter_source = false;                    // source has a limit
    bool meter_destination = false;               // any other has one
    bool wide = false;               // the target is more than one address: each has meters of its own
    bool meter_parts = false;        // pair or service have a limit
    bool checks_anomaly = false;     // any of `anomaly`
    bool checks_protocol = false;    // any of `protocol`
    std::uint32_t reflection = 0;    // bit v: UDP from the ports of AttackVector v is dropped
    std::uint32_t verified_for = 0;  // life time of a proof, in coarse ticks
    meter::RateLimit source;
    meter::RateLimit target;
    meter::RateLimit fragment;
    meter::RateLimit icmp;
    meter::RateLimit udp;
    meter::RateLimit pair;
    meter::RateLimit service;
    scrub::anomaly::Rules anomaly;
    scrub::protocol::Rules protocol;

    auto operator<=>(const Profile&) const = default;
};

// What filters ask of a packet besides its addresses, as eight numbers that are compared at once.
enum FilterLane : std::uint8_t {
    lane_protocol,
    lane_source_port,
    lane_destination_port,
    lane_has_ports,  // 1: TCP or UDP whose header is there
    lane_tcp_flags,
    lane_has_flags,  // 1: TCP whose header is there
    lane_length,     // of layer 3
    lane_fragment,   // 1: one of several pieces
};
using Lanes = std::uint16_t __attribute__((vector_size(16)));

// A packet matches when each of its numbers, masked, is within the filter's first and last, and its addresses
// are within the prefixes. One cache line; what few filters ask for besides lies apart.
struct alignas(64) CompiledFilter {
    Lanes mask{};
    Lanes first{};
    Lanes last{};
    std::uint64_t expires_ns = 0;  // on the worker's clock; all ones: never
    std::uint32_t rule = 0;        // index into Program::rules
    std::uint8_t asks = 0;         // asks_addresses, asks_more
    bool dynamic = false;
    model::FilterAction action = model::FilterAction::drop;
};
static_assert(sizeof(CompiledFilter) == 64);
inline constexpr std::uint8_t asks_addresses = 1;  // Program::filter_addresses
inline constexpr std::uint8_t asks_more = 2;       // Program::filter_conditions

struct FilterAddresses {
    struct Words {
        std::uint64_t high = 0;
        std::uint64_t low = 0;
    };
    Words source_mask, source_value;  // of the address's bytes as they lie in memory
    Words destination_mask, destination_value;
};

// What of a packet is not in its key: its payload, and what tables say of its source.
struct FilterCondition {
    struct Payload {
        std::uint16_t offset = 0;
        std::uint8_t length = 0;
        std::array<std::uint8_t, model::PayloadMatch::most_bytes> mask{};
        std::array<std::uint8_t, model::PayloadMatch::most_bytes> value{};
    };
    std::uint8_t payloads = 0;
    std::array<Payload, model::most_payload_matches> payload{};
    attributes::Question source;
};

// A tenant's filters as packets of one protocol see them: those that can not match are left out.
struct FilterList {
    std::uint32_t first = 0;
    std::uint32_t count = 0;
};
using FilterLists = std::array<FilterList, static_cast<std::size_t>(ProtocolClass::count_)>;

// Whose counters a slot holds.
struct SlotOwner {
    std::uint32_t slot = 0;
    std::uint32_t serial = 0;
    model::TenantId tenant;
    std::uint64_t since = 0;         // the program with which it was given out
    model::MitigationId mitigation;  // none: the tenant's prefixes without a target
    net::Prefix prefix;              // of the target; of an undiverted tenant its first prefix
    bool outbound = false;           // what comes from the tenant's own networks; without a prefix
};

// Wall time and the workers' clock at one moment: filters expire and rules have schedules by the one, and
// workers know the other.
struct TimePair {
    base::Timestamp wall{};
    std::uint64_t worker_ns = 0;

    [[nodiscard]] std::uint64_t unix_seconds(std::uint64_t now_ns) const {
        const std::int64_t wall_ns =
            wall.time_since_epoch().count() + static_cast<std::int64_t>(now_ns - worker_ns);
        return static_cast<std::uint64_t>(std::max<std::int64_t>(0, wall_ns)) / 1'000'000'000U;
    }
};

struct Program {
    TimePair made;                 // when it was compiled
    std::uint64_t sequence = 0;    // of this gateway's programs: 1, 2, …
    std::uint64_t generation = 0;  // the highest of the tenants'
    TargetTable table;
    std::vector<Profile> profiles;
    std::vector<std::shared_ptr<const TenantFirewall>> firewalls;  // 0 is nobody's
    TenantPaths paths;                                             // of the firewalls, by the same numbers
    attach::IngressTable networks;                  // of all tenants, by what their frames come in
    std::vector<FilterLists> filter_lists;          // of a tenant; 0 is empty
    std::vector<CompiledFilter> filters;            // a list's lie together, in the order of matching
    std::vector<FilterAddresses> filter_addresses;  // of the filter with the same index
    std::vector<std::uint32_t> filter_conditions;   // of the filter with the same index, where it asks_more
    std::vector<FilterCondition> conditions;
    attributes::Tables attributes;
    attributes::Gaps attribute_gaps;         // what filters ask for and the tables have not
    std::vector<std::string> rules;          // names of filters, for reports
    std::vector<SlotOwner> owners;           // ascending by slot
    std::vector<std::uint32_t> fresh_slots;  // given out for the first time since the last program

    [[nodiscard]] bool has_firewalls() const { return firewalls.size() > 1; }
};

}  // namespace sluice::dataplane
