// A burst of packets on its way through the stages, and the stages' judgement on each.
#pragma once

#include <array>
#include <cstdint>

#include "dataplane/flow/flow_table.hpp"
#include "dataplane/flow/packet_tuple.hpp"
#include "dataplane/program.hpp"
#include "model/verdict.hpp"
#include "packet/frame.hpp"
#include "packet/key.hpp"

namespace sluice::dataplane {

// No rule of a tenant decided.
inline constexpr std::uint32_t no_rule = 0xffffffff;
// Rules from here on are reflection templates: this plus the AttackVector.
inline constexpr std::uint32_t template_rules = 0xffffff00;

// From here on: filters that the anomaly stage has made.
inline constexpr std::uint32_t anomaly_rules = 0x4000'0000;

// From here on: firewall rules of the packet's tenant, by their number.
inline constexpr std::uint32_t firewall_rules = 0x8000'0000;

struct Source;

template <class T>
using PerPacket = std::array<T, packet::max_burst>;

// Packets of a batch by their index, in order.
struct Selection {
    PerPacket<std::uint8_t> at;
    std::uint32_t count = 0;

    void add(std::size_t i) { at[count++] = static_cast<std::uint8_t>(i); }
    [[nodiscard]] const std::uint8_t* begin() const { return at.data(); }
    [[nodiscard]] const std::uint8_t* end() const { return at.data() + count; }
};

static_assert(packet::max_burst <= 32, "a bit each");

// What only packets of tenants with a firewall have.
struct FirewallBatch {
    PerPacket<const TenantPath*> paths;        // nullptr: the tenant has no firewall
    PerPacket<attach::NetworkIndex> networks;  // where the packet came from
    PerPacket<flow::TupleKind> kinds;
    PerPacket<flow::Found> found;
    flow::FlowLookups lookups;
    PerPacket<std::uint16_t> opened;  // bytes of a tunnel's headers that were taken off
    Selection stateful;               // of a tenant with a firewall
    Selection checked;                // their payload has to be what their port says
    Selection known;                  // their flow is there
    Selection fresh;                  // they want one, and nothing else stands against it
    bool flows_ended;  // since `found` was filled: what it points to may be another flow by now
};

struct Batch {
    std::uint32_t size = 0;
    PerPacket<packet::Frame> frames;
    PerPacket<packet::Key> keys;
    PerPacket<std::uint32_t> received;            // bytes on arrival: an answer has another length
    PerPacket<std::uint32_t> probes;              // where the search for the target begins
    PerPacket<const Target*> targets;             // nullptr: nobody's
    PerPacket<const Profile*> profiles;           // of the target
    PerPacket<const scrub::FilterLine*> filters;  // of the tenant, for this kind of packet
    PerPacket<std::uint8_t> filter_candidates;    // which of them may match
    PerPacket<std::uint64_t> source_hashes;       // where a stage asks for the source
    PerPacket<std::uint64_t> target_hashes;       // where a stage asks for one address of a wide target
    PerPacket<std::uint64_t> pair_hashes;         // of a target with a limit of pairs
    PerPacket<std::uint64_t> service_hashes;
    PerPacket<Source*> sources;  // found by an earlier stage, or nullptr

    std::uint32_t dropped = 0;   // how many
    std::uint32_t fleeting = 0;  // bit i: of its source, when it is not known, nothing will be remembered
    std::uint32_t unknown = 0;   // bit i: and it is not known
    std::uint32_t verified = 0;  // bit i: the packet's source has shown itself
    PerPacket<model::Verdict> verdicts;
    PerPacket<model::DropReason> reasons;
    PerPacket<std::uint32_t> rules;
    PerPacket<std::uint8_t> legs;             // where the frame leaves; read of those that are not dropped
    Selection live;                           // the next stage has to look at them
    std::array<Selection, 2> wanted_sources;  // IPv4 and IPv6
    std::array<Selection, 2> wanted_destinations;
    std::array<Selection, 2> syns;               // to be answered, unless the source is known
    PerPacket<std::uint32_t> cookies;            // for these
    PerPacket<std::uint64_t> connection_hashes;  // of TCP among the watched
    Selection resets;   // dropped, but their frames leave: they tell the target that it is over
    Selection watched;  // the protocol stage will ask for their source
    Selection excused;  // a filter passed them: no later stage looks at them
    // Packets of flows that other workers own. Neither counted nor sent here, unless they find no room there.
    Selection handed;
    PerPacket<std::uint8_t> owners;  // of these
    std::uint32_t away = 0;          // the same packets, a bit each
    FirewallBatch firewall;
};

}  // namespace sluice::dataplane
