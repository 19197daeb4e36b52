// A customer's firewall and NAT as the policy file says it: zones, objects and groups by their names.
// Resolved to a FirewallProgram, without names, by policy/firewall_resolver.hpp.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/firewall.hpp"
#include "model/rate_limit.hpp"
#include "net/address.hpp"
#include "net/prefix.hpp"

namespace sluice::model {

// Stated to the customer; the data plane is measured up to them.
struct FirewallLimits {
    static constexpr std::size_t zones = 32;
    static constexpr std::size_t attachments = 256;
    static constexpr std::size_t attachment_prefixes = 256;
    static constexpr std::size_t addresses = 5'000;
    static constexpr std::size_t address_groups = 1'000;
    static constexpr std::size_t services = 1'000;
    static constexpr std::size_t service_groups = 500;
    static constexpr std::size_t group_members = 1'000;
    static constexpr std::size_t schedules = 64;
    static constexpr std::size_t users = 10'000;
    static constexpr std::size_t user_groups = 1'000;
    static constexpr std::size_t rules = 10'000;
    static constexpr std::size_t nat_rules = 1'000;  // a port forward counts once for each of its services
    static constexpr std::size_t pool_addresses = 1'024;
    static constexpr std::size_t rule_attributes = 64;  // different ones, at either end of a rule
    // Of all rules together, with the groups written out.
    static constexpr std::size_t written_out_addresses = 200'000;
    static constexpr std::size_t written_out_services = 100'000;
};

// Addresses from `first` to `last`, both of one family; a prefix is one of them.
struct AddressRange {
    net::Address first;
    net::Address last;

    bool operator==(const AddressRange&) const = default;
};

struct AttachmentPolicy {
    std::string name;
    std::string site;  // SitePolicy::name; empty: none
    std::string zone;
    AttachmentKind kind = AttachmentKind::prefix;
    std::string port = "clean";
    std::uint16_t vlan = 0;
    std::uint16_t inner_vlan = 0;
    std::uint32_t vni = 0;
    net::Address tunnel_endpoint;
    net::Address gateway4;
    net::Address gateway6;
    std::array<std::uint8_t, 6> next_hop_mac{};
    std::vector<net::Prefix> prefixes;

    bool operator==(const AttachmentPolicy&) const = default;
};

// Either ranges, or what the gateways' tables say of an address.
struct AddressObject {
    std::string name;
    std::vector<AddressRange> ranges;
    AttributeMatch is{};

    bool operator==(const AddressObject&) const = default;
};

struct ServiceObject {
    std::string name;
    std::vector<ServiceMatch> matches;

    bool operator==(const ServiceObject&) const = default;
};

// Of addresses or of services; its members are objects, groups or values.
struct ObjectGroup {
    std::string name;
    std::vector<std::string> members;

    bool operator==(const ObjectGroup&) const = default;
};

// Local time of the tenant; minutes of the day.
struct DayHours {
    std::uint16_t first_minute = 0;
    std::uint16_t end_minute = 24 * 60;  // not included; at or before `first_minute`: on the next day

    bool operator==(const DayHours&) const = default;
};

struct SchedulePolicy {
    std::string name;
    std::uint8_t days = 0x7f;     // bit 0: Monday
    std::vector<DayHours> hours;  // empty: the whole day

    bool operator==(const SchedulePolicy&) const = default;
};

// Empty lists mean "any". Addresses and services are names of objects and groups, or values as text:
// "10.1.0.0/16", "10.1.0.10-10.1.0.20", "tcp/8443".
struct RulePolicy {
    std::string name;
    bool disabled = false;  // kept, but not in force
    std::vector<std::string> from;
    std::vector<std::string> to;
    std::vector<std::string> source;
    std::vector<std::string> destination;
    std::vector<std::string> service;
    std::vector<std::string> users;
    std::vector<std::string> schedule;
    RuleAction action = RuleAction::drop;
    bool log = false;

    bool operator==(const RulePolicy&) const = default;
};

// Which fields count depends on the kind:
// source:      from, to, source → pool
// destination: from, public_side (one address), service → server, server_port ("port-forward")
// one_to_one:  from, public_side ↔ inside
// exempt:      from, to, source
struct NatPolicy {
    std::string name;
    NatKind kind = NatKind::source;
    std::vector<std::string> from;
    std::vector<std::string> to;
    std::vector<std::string> source;
    std::vector<net::Prefix> pool;
    std::optional<net::Prefix> public_side;
    std::vector<std::string> service;
    std::optional<net::Address> server;
    std::uint16_t server_port = 0;  // 0: as it came
    std::optional<net::Prefix> inside;
    bool hairpin = true;

    bool operator==(const NatPolicy&) const = default;
};

struct FirewallPolicy {
    bool enabled = true;
    std::string time_zone = "UTC";   // of the schedules; a name of the IANA database
    std::vector<std::string> zones;  // without "internet", which every tenant has
    std::vector<AttachmentPolicy> attachments;
    std::vector<AddressObject> addresses;
    std::vector<ObjectGroup> address_groups;
    std::vector<ServiceObject> services;
    std::vector<ObjectGroup> service_groups;
    std::vector<SchedulePolicy> schedules;
    // Names only: who has which address, and who is in which group, comes from outside (log-in, RADIUS).
    std::vector<std::string> users;
    std::vector<std::string> user_groups;
    std::vector<RulePolicy> rules;
    std::vector<NatPolicy> nat;
    FlowTimeouts timeouts;
    FlowLimits limits;
    RateLimit inbound;
    RateLimit outbound;
    OutboundPolicy attacks{.contain = OutboundAction::limit};  // of the tenant's own hosts
    bool strict_tcp = true;

    bool operator==(const FirewallPolicy&) const = default;
};

}  // namespace sluice::model
