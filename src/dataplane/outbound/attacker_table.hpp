// Which hosts of customers attack others. Every new flow towards the internet is counted by its inside
// source; who tries many a second gets an entry, with what it tries and whether anybody answers. Each second
// is judged; two bad ones name the host, and it stays named, and contained where the policy says so, until it
// has been quiet for a while.
//
//   first packet ──▶ gate (one counter) ──▶ few: nothing more
//                                     └──▶ many: suspect ──▶ second over: judge ──▶ event for the report
//
// Whether flows are answered is known by some of them: the suspect's entry keeps the numbers of a few, and
// looks a second later what became of them. What goes on in open flows that nobody answers is sampled, one
// burst in many. Established flows are never touched (docs/decisions/outbound-attackers.md).
//
// Several workers tell each other what they saw of a host in a second (shared_conduct.hpp), and each judges
// by the sum.
//
// One worker's own; only the events' reader is another. Never allocates after construction.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/siphash.hpp"
#include "dataplane/counters.hpp"
#include "dataplane/event_queue.hpp"
#include "dataplane/flow/flow_table.hpp"
#include "dataplane/huge_memory.hpp"
#include "dataplane/outbound/rules.hpp"
#include "dataplane/outbound/shared_conduct.hpp"
#include "model/ids.hpp"
#include "model/outbound.hpp"

namespace sluice::dataplane::outbound {

// What is known of a named host; once a second while it is named, and when it is over.
struct AttackerEvent {
    bool named = true;  // false: it is over
    model::TenantId tenant;
    net::Address address;
    model::OutboundConduct conduct = model::OutboundConduct::scans_hosts;
    model::OutboundAction action = model::OutboundAction::watch;
    std::uint64_t since_ns = 0;  // the worker's clock
    std::uint64_t last_ns = 0;
    std::uint64_t until_ns = 0;
    std::uint64_t new_flows_per_s = 0;
    std::uint64_t unanswered_percent = 0;
    std::uint64_t hosts = 0;
    std::uint64_t ports = 0;
    std::uint64_t packets_per_s = 0;
    std::uint64_t bits_per_s = 0;
    std::uint64_t held_back = 0;
};

// How many different keys were put in, roughly: by the bits that stayed empty. Up to some 1,400.
class Distinct {
  public:
    void add(std::uint64_t hash) { bits_[hash >> 6U & 3U] |= 1ULL << (hash & 63U); }
    [[nodiscard]] std::uint32_t estimate() const;

  private:
    std::array<std::uint64_t, 4> bits_{};
};

// One host, looked at closely.
struct Suspect {
    struct Window {
        std::uint64_t second = 0;
        std::uint32_t tried = 0;  // new flows
        std::uint32_t tcp = 0;
        std::uint32_t udp = 0;
        std::uint32_t refused = 0;         // by rules, limits or NAT
        std::uint32_t held = 0;            // by containment
        std::uint32_t answered = 0;        // of flows that were looked at again
        std::uint32_t unanswered = 0;      // the same
        std::uint64_t silent_packets = 0;  // in open flows that nobody answers
        std::uint64_t silent_bytes = 0;
        std::uint64_t answers = 0;  // packets of a service that answers more than it is asked
        std::uint64_t answer_bytes = 0;
        std::uint8_t silent_protocol = 0;
        Distinct hosts;
        Distinct ports;
        Distinct askers;
    };
    // A flow that is looked at again when it is a second old.
    struct Probe {
        std::uint32_t flow = 0;
        CoarseTime at = 0;  // 0: free
    };

    model::TenantId tenant;
    flow::TenantIndex index = 0;
    net::Address address;
    Rules rules;  // as of its last packet
    Window window;
    std::array<Probe, 8> probes{};
    AttackerEvent shown;             // of the last bad second
    std::uint32_t tried_before = 0;  // in the second before the window
    std::uint32_t badness = 0;
    std::uint64_t bad_since_ns = 0;
    std::uint64_t bad_at_ns = 0;
    std::uint64_t until_ns = 0;
    std::uint64_t held_back = 0;
    bool named = false;
    meter::RateState rate;

    [[nodiscard]] bool contained() const { return named && rules.contains() && !only_watched(); }
    // It may be an attacker, and not be named yet.
    [[nodiscard]] bool busy() const {
        return badness != 0 || window.tried + tried_before > rules.unsuspicious();
    }
    // To hold back who asks an amplifier would be to shut its honest clients out.
    [[nodiscard]] bool only_watched() const { return shown.conduct == model::OutboundConduct::reflects; }
};

// A new flow towards the internet.
struct Attempt {
    Suspect* suspect = nullptr;
    bool held = false;  // it must not be opened
};

class AttackerTable {
  public:
    // Of the worker with this index among those that share; nullptr: it is alone.
    explicit AttackerTable(const base::SipKey& key, std::size_t suspects = 1024,
                           SharedConduct* shared = nullptr, std::size_t worker = 0);

    // Once a burst. Seconds end for hosts that are silent, too. True when the burst's packets are to be
    // looked at (note_…), each for `weight()` of them.
    [[nodiscard]] bool on_burst(std::uint64_t now_ns) {
        now_ns_ = now_ns;
        if (now_ns >= next_walk_ns_) [[unlikely]]
            walk();
        if (--bursts_to_sample_ != 0) [[likely]]
            return false;
        begin_sample();
        return true;
    }
    [[nodiscard]] std::uint32_t weight() const { return weight_; }
    // Without packets.
    void pass_time(std::uint64_t now_ns) {
        now_ns_ = now_ns;
        if (now_ns >= next_walk_ns_) walk();
    }

    [[nodiscard]] Attempt attempt(const Rules& rules, model::TenantId tenant, const flow::Tuple& tuple,
                                  std::uint32_t carry);
    // What became of it.
    static void refused(const Attempt& attempt) {
        if (attempt.suspect != nullptr) ++attempt.suspect->window.refused;
    }
    void opened(const Attempt& attempt, flow::FlowTable& flows, const flow::Flow& flow);

    // A packet of a burst that is looked at: of an open flow that nobody has answered. True when the host is
    // contained: each of the flow's packets is then to ask for its place.
    bool note_silent(const Rules& rules, model::TenantId tenant, const flow::Tuple& tuple,
                     std::uint32_t bytes);
    // An answer of an inside host's UDP service, which says more than it was asked.
    void note_answer(const Rules& rules, model::TenantId tenant, flow::TenantIndex index,
                     const net::Address& inside, const net::Address& asker, std::uint32_t bytes);
    // May a packet of an unanswered flow go? Nothing: its source is no suspect any more.
    [[nodiscard]] std::optional<bool> may_pass(const flow::Tuple& tuple, std::uint32_t bytes,
                                               std::uint32_t carry);

    // One reader, of any thread.
    EventQueue<AttackerEvent>& events() { return events_; }
    [[nodiscard]] const EventQueue<AttackerEvent>& events() const { return events_; }
    // Any thread: hosts that tried much, and for which there was no entry.
    [[nodiscard]] std::uint64_t turned_away() const { return turned_away_.value(); }

  private:
    static constexpr std::size_t ways = 8;

    [[nodiscard]] std::uint64_t hash_of(flow::TenantIndex tenant, const net::Address& address) const;
    [[nodiscard]] std::uint64_t second() const { return now_ns_ / 1'000'000'000U; }
    // How often the source has tried in this second.
    [[nodiscard]] std::uint32_t count_at_gate(std::uint64_t hash);
    [[nodiscard]] Suspect* find(std::uint64_t hash, flow::TenantIndex tenant, const net::Address& address);
    [[nodiscard]] Suspect* find_or_make(std::uint64_t hash, model::TenantId tenant, flow::TenantIndex index,
                                        const net::Address& address, const Rules& rules);
    [[nodiscard]] bool take(Suspect& suspect, std::uint32_t carry);
    void ask_probes(Suspect& suspect, flow::FlowTable& flows);
    void begin_sample();
    void walk();
    void end_second(Suspect& suspect);
    [[nodiscard]] SharedConduct::Part meet_others(const Suspect& suspect);
    void publish(Suspect& suspect);

    base::SipKey key_;
    SharedConduct* shared_;
    std::size_t worker_;
    HugeVector<std::uint32_t> gate_;  // by hash: second (16 bits) and tries (16 bits)
    HugeVector<std::uint32_t> tags_;  // of suspects; 0: free
    HugeVector<Suspect> suspects_;    // sets of `ways`
    EventQueue<AttackerEvent> events_;
    Count turned_away_;
    std::uint64_t now_ns_ = 0;
    std::uint64_t next_walk_ns_ = 0;
    std::size_t hand_ = 0;
    std::uint32_t bursts_to_sample_ = 1;
    std::uint32_t weight_ = 1;
    std::uint32_t next_weight_ = 1;
    std::uint32_t dice_ = 1;
};

}  // namespace sluice::dataplane::outbound
