// A worker's counters and meters. Only the worker writes them, with plain stores; the control thread reads
// the counters at any time. One slot a target (or a tenant's undiverted rest).
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "dataplane/coarse_time.hpp"
#include "dataplane/huge_memory.hpp"
#include "dataplane/meter/rate_limit.hpp"
#include "model/gateway_report.hpp"
#include "model/verdict.hpp"

namespace sluice::dataplane {

// One writer, any readers, no locked instruction.
class Count {
  public:
    void add(std::uint64_t n) {
        value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
    }
    void reset() { value_.store(0, std::memory_order_relaxed); }
    [[nodiscard]] std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

  private:
    std::atomic<std::uint64_t> value_{0};
};

struct TrafficCount {
    Count packets;
    Count bytes;

    void add(std::uint64_t n, std::uint64_t in_bytes) {
        packets.add(n);
        bytes.add(in_bytes);
    }
    void reset() {
        packets.reset();
        bytes.reset();
    }
    void add_to(model::PacketCount& sum) const {
        sum.packets += packets.value();
        sum.bytes += bytes.value();
    }
};

// Dropped with one of these, a verified sender's packet is a loss that the guard causes: by what was made
// against others' attack, or by a limit that others used up. Not what breaks a protocol, what the customer
// forbids, or what goes over the sender's own limits.
[[nodiscard]] constexpr bool is_legitimate_loss(model::DropReason reason) {
    using enum model::DropReason;
    switch (reason) {
        case dynamic_filter:
        case reflection_template:
        case odd_length:
        case repeated_payload:
        case zombie_source:
        case piece_ahead:
        case target_rate:
        case service_rate:
        case fragment_rate:
        case icmp_rate:
        case udp_rate:
        case flow_table_full:
        case tx_full:
            return true;
        default:
            return false;
    }
}

inline constexpr std::size_t reason_count = static_cast<std::size_t>(model::DropReason::count_);
using ReasonCounts = std::array<TrafficCount, reason_count>;

// The guard's stages, which may be only watched.
inline constexpr std::size_t first_guard_stage = static_cast<std::size_t>(model::Stage::invalid);
inline constexpr std::size_t guard_stages =
    static_cast<std::size_t>(model::Stage::rate) + 1 - first_guard_stage;

// One burst of so many is timed, stage by stage. A prime: legs and senders that take turns are met evenly.
inline constexpr std::uint32_t timed_bursts = 251;

// What a target's passed packets write lies in its meters' cache line (worker_state.hpp); here is the rest.
struct alignas(64) TargetCounts {
    TrafficCount answered;
    TrafficCount excused;  // passed by a filter, past all later stages; part of `passed`
    Count verified_sources;
    Count spliced;        // connections that a cookie given back has begun
    Count syns_repeated;  // sent again to their servers, which were silent
    alignas(64) ReasonCounts reasons;
    std::array<TrafficCount, guard_stages> monitored;
    TrafficCount verified_dropped;          // part of `reasons`
    std::array<Count, guard_stages> spent;  // ns, of the timed bursts times their rarity

    [[nodiscard]] TrafficCount& watched(model::Stage stage) {
        return monitored[static_cast<std::size_t>(stage) - first_guard_stage];
    }
    [[nodiscard]] Count& time(model::Stage stage) {
        return spent[static_cast<std::size_t>(stage) - first_guard_stage];
    }
    void reset() {
        answered.reset();
        excused.reset();
        verified_sources.reset();
        spliced.reset();
        syns_repeated.reset();
        for (auto& reason : reasons) reason.reset();
        for (auto& stage : monitored) stage.reset();
        verified_dropped.reset();
        for (auto& stage : spent) stage.reset();
    }
};

// The meters of one destination address.
struct Meters {
    meter::RateState target;
    meter::RateState udp;
    meter::RateState icmp;
    meter::RateState fragment;
};

// One cache line: all that a passed packet to a target of one address reads and writes of the worker's.
struct alignas(64) TargetState {
    TrafficCount passed;
    Meters meters;
    Count verified;  // packets of sources that have shown themselves; part of `passed`
    CoarseTime last_seen = 0;

    void reset() {
        passed.reset();
        verified.reset();
        meters = {};
    }
};
static_assert(sizeof(TargetState) == 64);

struct WorkerCounts {
    explicit WorkerCounts(std::size_t slots) : states(slots), targets(slots) {}

    HugeVector<TargetState> states;    // by slot
    HugeVector<TargetCounts> targets;  // by slot
    ReasonCounts unattributed;         // before a tenant was known
    TrafficCount local;                // for the gateway itself: ARP, neighbour discovery, echo
    TrafficCount ignored;              // from the clean leg, and not for the gateway
    Count sources_turned_away;         // no room in the table of sources among those that may stay
    Count handed_over;                 // packets of flows that other workers own
    Count neighbour_questions;         // sent, for hosts on customers' links
    Count syns_not_repeated;           // of spliced connections: too many waited for their servers
};

}  // namespace sluice::dataplane
