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

#include "dataplane/attach/ingress_table.hpp"
#include "dataplane/attributes/attribute_table.hpp"
#include "dataplane/meter/rate_limit.hpp"
#include "dataplane/protocol_class.hpp"
#include "dataplane/scrub/anomaly/rules.hpp"
#include "dataplane/scrub/filter_program.hpp"
#include "dataplane/scrub/protocol/rules.hpp"
#include "dataplane/source.hpp"
#include "dataplane/target_table.hpp"
#include "dataplane/tenant_firewall.hpp"
#include "dataplane/tenant_path.hpp"
#include "dataplane/time_pair.hpp"
#include "model/ids.hpp"
#include "model/tenant_program.hpp"
#include "net/prefix.hpp"

namespace sluice::dataplane {

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
    std::uint8_t filtered_protocols = 0;          // bit c: the tenant has filters for ProtocolClass c
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

[[nodiscard]] inline bool is_filtered(const Profile& profile, std::uint8_t protocol) {
    return (profile.filtered_protocols >> static_cast<unsigned>(class_of(protocol)) & 1U) != 0;
}

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

struct Program {
    TimePair made;                 // when it was compiled
    std::uint64_t sequence = 0;    // of this gateway's programs: 1, 2, …
    std::uint64_t generation = 0;  // the highest of the tenants'
    TargetTable table;
    std::vector<Profile> profiles;
    std::vector<std::shared_ptr<const TenantFirewall>> firewalls;  // 0 is nobody's
    TenantPaths paths;                                             // of the firewalls, by the same numbers
    attach::IngressTable networks;  // of all tenants, by what their frames come in
    scrub::FilterProgram filters;
    attributes::Tables attributes;
    attributes::Gaps attribute_gaps;         // what filters ask for and the tables have not
    std::vector<std::string> rules;          // names of filters, for reports
    std::vector<SlotOwner> owners;           // ascending by slot
    std::vector<std::uint32_t> fresh_slots;  // given out for the first time since the last program

    [[nodiscard]] bool has_firewalls() const { return firewalls.size() > 1; }
};

}  // namespace sluice::dataplane
