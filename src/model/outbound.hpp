// Hosts of a customer that attack others: what is held against them, what a gateway does about it, and how
// one is named.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "model/ids.hpp"
#include "net/address.hpp"

namespace sluice::model {

enum class OutboundAction : std::uint8_t {
    off,    // nobody is measured
    watch,  // an attacking host is named
    limit,  // and opens only a few new flows
    block,  // and opens none
};

// Limits of one inside host. All but `connection_flood` ask that most of what it tries is never answered.
struct OutboundPolicy {
    OutboundAction contain = OutboundAction::off;
    std::uint32_t new_flows_per_s = 200;   // tried to a few others: more is a flood
    std::uint32_t targets_per_s = 50;      // other hosts, or ports of a host: more is a scan
    std::uint32_t packets_per_s = 10'000;  // that nobody answers, in flows that are open
    std::uint32_t contained_per_s = 5;     // new flows of a host that is limited
    std::uint32_t hold_s = 300;            // contained for so long after it was last seen attacking

    bool operator==(const OutboundPolicy&) const = default;
};

// What an attacking host does.
enum class OutboundConduct : std::uint8_t {
    scans_hosts,
    scans_ports,
    tcp_flood,
    udp_flood,
    packet_flood,      // ICMP and other protocols
    connection_flood,  // many that are answered, to a few others
    reflects,          // its service answers a few addresses far more than they ask: an amplifier
    count_
};
[[nodiscard]] std::string_view to_string(OutboundConduct conduct);
[[nodiscard]] std::optional<OutboundConduct> parse_outbound_conduct(std::string_view name);
// "tries many computers on the internet, and hardly any answers"
[[nodiscard]] std::string_view sentence(OutboundConduct conduct);
[[nodiscard]] std::string_view to_string(OutboundAction action);
[[nodiscard]] std::optional<OutboundAction> parse_outbound_action(std::string_view name);

// One that is named now. Rates are of its last full second of attack.
struct OutboundAttacker {
    TenantId tenant;
    net::Address address;  // inside, before NAT
    OutboundConduct conduct = OutboundConduct::scans_hosts;
    OutboundAction action = OutboundAction::watch;  // what is done
    base::Timestamp since{};
    base::Timestamp last_at{};  // seen attacking
    base::Timestamp until{};    // then it is over, unless it is seen again
    std::uint64_t new_flows_per_s = 0;
    std::uint64_t unanswered_percent = 0;  // of these
    std::uint64_t hosts = 0;               // other ends in a second; an estimate, at most some 1,400
    std::uint64_t ports = 0;
    std::uint64_t packets_per_s = 0;  // that nobody answers; of a reflector its answers
    std::uint64_t bits_per_s = 0;
    std::uint64_t held_back = 0;  // packets, since it is named

    bool operator==(const OutboundAttacker&) const = default;
};

}  // namespace sluice::model
