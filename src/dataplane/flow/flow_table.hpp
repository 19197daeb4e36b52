// The flows of one worker: found by either direction's tuple, opened within limits, ended by time, by their
// ends or by the caller. Memory is fixed at construction.
//
// A burst goes through in passes, so that no packet waits for memory:
//
//     table.advance(now_ns);                       // time, and some expired flows
//     lookups.clear(); … lookups.add(i, tuple);    // tuple_of() makes tuples of packets
//     table.fetch(lookups);                        // hashes, eight at a time; asks for the flows' lines
//     for each packet, in order:
//         Found found = table.find(lookups, i);    // compares; sees what earlier packets of the burst did
//         no flow?  check_first, rules, NAT, then table.open(…)
//         found.flow->generation old?  judge again, then table.rejudge(…) or table.end(…)
//         track(*found.flow, found.direction, …)
//
// One worker's own; only `counts()` and the numbers of a tenant are read by others. Nothing throws, locks or
// allocates after construction.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/result.hpp"
#include "base/siphash.hpp"
#include "dataplane/coarse_time.hpp"
#include "dataplane/counters.hpp"
#include "dataplane/flow/flow.hpp"
#include "dataplane/flow/flow_index.hpp"
#include "dataplane/flow/flow_policy.hpp"
#include "dataplane/flow/tuple.hpp"
#include "dataplane/huge_memory.hpp"
#include "dataplane/meter/bounded_table.hpp"
#include "model/verdict.hpp"
#include "packet/frame.hpp"

namespace sluice::dataplane::flow {

// Why a flow ended.
enum class FlowEnd : std::uint8_t {
    expired,
    evicted,  // the table was full, and nothing had shown that it was real, or it was over
    ended,    // by the caller: a new policy forbids it, or it begins anew
    count_
};

// Who wants to know of flows that end (NAT's ports, logs). Called by the worker before the flow is gone.
class FlowListener {
  public:
    virtual ~FlowListener() = default;
    // `translated`: as the originator's packets look after translation; the flow's own tuple without one.
    virtual void flow_ended(const Flow& flow, const Tuple& translated, FlowEnd why) = 0;
};

// The packets of one burst that want their flow, by their index in it.
struct FlowLookups {
    // Of one family, in the order of their coming. The words that are hashed lie side by side, eight packets'
    // in two registers.
    struct List {
        std::array<std::uint8_t, packet::max_burst> at{};
        std::uint32_t count = 0;
        alignas(32) std::array<std::array<std::uint64_t, packet::max_burst>, 5> words{};
    };
    std::array<Tuple, packet::max_burst> tuples;
    std::array<std::uint64_t, packet::max_burst> hashes{};
    std::array<std::uint32_t, packet::max_burst> candidates{};
    std::array<List, 2> wanted;  // IPv4 and IPv6

    void clear() { wanted[0].count = wanted[1].count = 0; }
    void add(std::size_t i, const Tuple& tuple, bool ipv6) {
        tuples[i] = tuple;
        want(i, ipv6);
    }
    // The same for a tuple that is in its place already.
    void want(std::size_t i, bool ipv6) {
        List& list = wanted[ipv6 ? 1 : 0];
        const std::uint32_t n = list.count++;
        list.at[n] = static_cast<std::uint8_t>(i);
        if (ipv6) {
            const HashWords words = hash_words6(tuples[i]);
            for (std::size_t w = 0; w < 5; ++w) list.words[w][n] = words.at[w];
        } else {
            const HashWords words = hash_words4(tuples[i]);
            for (std::size_t w = 0; w < 2; ++w) list.words[w][n] = words.at[w];
        }
    }
};

struct Found {
    Flow* flow = nullptr;
    Direction direction = Direction::original;
};

struct NewFlow {
    Tuple tuple{};
    bool translated = false;
    Tuple translation;         // the same packet after translation; its tenant and protocol do not count
    std::uint8_t flags = 0;    // flow_verified, flow_log, flow_spliced
    std::uint32_t splice = 0;  // with flow_spliced: the cookie
    std::uint16_t users = 0;
    std::array<std::uint16_t, 2> egress{};
    std::uint32_t generation = 0;
    std::uint32_t rule = 0;
};

struct Opened {
    Flow* flow = nullptr;  // nullptr: see the others
    model::DropReason reason = model::DropReason::none;
    bool taken = false;  // another flow is found by the answers' tuple: choose another translation
};

struct FlowCounts {
    Count open;    // now
    Count opened;  // ever
    std::array<Count, static_cast<std::size_t>(FlowEnd::count_)> ended;
    Count refused_full;       // no room, and nobody to evict
    Count refused_taken;      // the answers' tuple belongs to another flow
    Count untracked_sources;  // opened without its source's limit: the table of sources was full
};

class FlowTable {
  public:
    struct Config {
        std::uint32_t flows = 1U << 20U;
        std::uint32_t tenants = 16'384;    // tenant indexes are below
        std::uint32_t sources = 0;         // with limits of their own; 0: an eighth of `flows`
        std::uint32_t translations6 = 0;   // IPv6 flows that are translated; 0: a sixteenth of `flows`
        std::uint32_t sweep_s = 8;         // within which an expired flow's memory is free again
        std::uint32_t longest_step_s = 0;  // what a jump of the clock counts at most; 0: all of it
        // By tenant, what he has in this table and in other workers'; nullptr: this table is all.
        std::atomic<std::uint32_t>* flows_of_all = nullptr;
    };
    [[nodiscard]] static base::Status validate(const Config& config);

    // A valid config. `key` is secret. The listener outlives the table; nullptr: nobody.
    FlowTable(const Config& config, const base::SipKey& key, FlowListener* listener = nullptr);
    FlowTable(const FlowTable&) = delete;
    FlowTable& operator=(const FlowTable&) = delete;

    // Once a burst. Looks at a bounded number of flows and ends the expired among them. Time that runs
    // backwards stands still.
    void advance(std::uint64_t now_ns);
    // The table's clock: what Flow::expires is compared with.
    [[nodiscard]] CoarseTime now() const { return now_; }

    // Hashes, and the flows' first lines: they are on their way.
    void fetch(FlowLookups& lookups) const;
    // After fetch(). An expired flow is not found, and ended. Asks for the flow's second line.
    [[nodiscard]] Found find(const FlowLookups& lookups, std::size_t i) {
        const std::uint32_t number = lookups.candidates[i];
        if (number != no_flow) [[likely]] {
            Flow& flow = flows_[number];
            __builtin_prefetch(&flow.tcp,
                               1);  // not with the first: too many requests at once wait for each other
            Direction direction = Direction::original;
            if (matches(flow, lookups.tuples[i], direction) && !is_after(now_, flow.expires)) [[likely]]
                return {&flow, direction};
        }
        return find(lookups.tuples[i], lookups.hashes[i]);
    }
    [[nodiscard]] Found find(const Tuple& tuple, std::uint64_t hash);
    [[nodiscard]] Found find(const Tuple& tuple) { return find(tuple, hash_of(tuple)); }
    [[nodiscard]] std::uint64_t hash_of(const Tuple& tuple) const;

    // What open() would refuse for the tenant's and the source's limits; charges nothing.
    [[nodiscard]] model::DropReason check_limits(const Tuple& tuple, const FlowQuota& quota);
    // The tuple was not found. Its state is that before its first packet: track() comes next.
    [[nodiscard]] Opened open(const NewFlow& wanted, const FlowTimes& times, const FlowQuota& quota);
    void rejudge(Flow& flow, std::uint32_t generation, std::uint32_t rule, std::uint16_t users = 0) {
        flow.generation = generation;
        flow.users = users;
        flow.rule = rule;
    }
    void end(Flow& flow, FlowEnd why = FlowEnd::ended);

    // As packets of the originator look after translation.
    [[nodiscard]] Tuple translated(const Flow& flow) const;
    [[nodiscard]] std::uint32_t number_of(const Flow& flow) const {
        return static_cast<std::uint32_t>(&flow - flows_.data());
    }
    // The flow of this number, or nullptr when there is none now.
    [[nodiscard]] Flow* at(std::uint32_t number) {
        return number < used_ && flows_[number].state != FlowState::free ? &flows_[number] : nullptr;
    }
    // Calls visit(Flow&) for the flows among `count` numbers from `from` on; gives where to go on, 0 at the
    // end.
    template <class Visit>
    std::uint32_t for_each(std::uint32_t from, std::uint32_t count, Visit&& visit) {
        const std::uint32_t last = from + std::min(count, used_ - std::min(from, used_));
        for (std::uint32_t n = from; n < last; ++n) {
            if (flows_[n].state != FlowState::free) visit(flows_[n]);
        }
        return last >= used_ ? 0 : last;
    }

    // Any thread: a tenant's flows now, and all that it ever opened.
    [[nodiscard]] std::uint64_t flows_of(TenantIndex tenant) const { return tenants_[tenant].flows.value(); }
    [[nodiscard]] std::uint64_t opened_of(TenantIndex tenant) const {
        return tenants_[tenant].opened.value();
    }
    [[nodiscard]] const FlowCounts& counts() const { return counts_; }
    [[nodiscard]] std::size_t bytes() const;  // all memory of the table

  private:
    void hash_group(FlowLookups& lookups, std::uint32_t n, bool ipv6) const;
    void fetch_flow(FlowLookups& lookups, std::uint8_t i) const {
        const std::uint32_t number = index_.candidate(lookups.hashes[i]);
        lookups.candidates[i] = number;
        if (number != no_flow) __builtin_prefetch(&flows_[number], 1);
    }

    struct Translation6 {
        net::Address source;
        net::Address destination;
    };
    struct TenantFlows {
        Count flows;
        Count opened;
        std::uint32_t queued = 0;  // of them in the queue of victims
        CoarseTime last_seen = 0;
        meter::RateState rate;
    };
    struct SourceFlows {
        meter::RateState rate;
        std::uint32_t flows = 0;
        std::uint32_t last_seen = 0;
        // What was counted must be counted down again.
        [[nodiscard]] bool precious(std::uint32_t) const { return flows != 0; }
    };

    // The low halves of the sources say which way it must be, if it is either: one branch for both.
    [[nodiscard]] bool matches(const Flow& flow, const Tuple& tuple, Direction& direction) const {
        const bool reply = flow.tuple.word(1) != tuple.word(1);
        direction = static_cast<Direction>(reply);
        const std::uint64_t differs =
            flow.tuple.differs_turned(tuple, reply) | (reply ? flow.flags & flow_translated : 0U);
        if (differs == 0) [[likely]]
            return true;
        return matches_rarely(flow, tuple, direction);
    }
    // Translated flows, and those whose two ends look alike.
    [[nodiscard]] bool matches_rarely(const Flow& flow, const Tuple& tuple, Direction& direction) const;
    [[nodiscard]] bool answers_match(const Flow& flow, const Tuple& tuple) const;
    [[nodiscard]] std::uint64_t source_hash(const Tuple& tuple) const;
    void touch_rates(TenantFlows& tenant) const;
    [[nodiscard]] SourceFlows* source_of(const Tuple& tuple, bool make);
    [[nodiscard]] std::uint32_t take_number();
    [[nodiscard]] Eviction eviction_now(const Flow& flow) const {
        return is_after(now_, flow.expires) ? Eviction::over : eviction_of(flow.state, flow.flags);
    }
    void enqueue(std::uint32_t number);
    std::uint32_t dequeue();
    void drop_proved(std::uint32_t at_most);
    [[nodiscard]] std::uint32_t choose_victim();
    [[nodiscard]] bool set_translation(Flow& flow, const Tuple& translation);
    [[nodiscard]] bool enter(std::uint32_t number);
    void count_new(Flow& flow, const FlowQuota& quota);
    void release(Flow& flow);
    void sweep(std::uint32_t at_most);

    [[nodiscard]] std::uint32_t all_flows_of(TenantIndex tenant) const {
        return flows_of_all_ == nullptr ? static_cast<std::uint32_t>(tenants_[tenant].flows.value())
                                        : flows_of_all_[tenant].load(std::memory_order_relaxed);
    }

    base::SipKey key_;
    FlowListener* listener_;
    std::atomic<std::uint32_t>* flows_of_all_;
    FlowIndex index_;
    HugeVector<Flow> flows_;
    HugeVector<Translation6> translations6_;
    HugeVector<TenantFlows> tenants_;
    // Numbers of flows that may be evicted, the oldest first; each number at most once, so there is always
    // room.
    HugeVector<std::uint32_t> queue_;
    meter::BoundedTable<SourceFlows> sources_;

    std::uint32_t used_ = 0;        // flows from here on were never used
    std::uint32_t free_ = no_flow;  // a list through Flow::generation
    std::uint32_t used6_ = 0;       // the same for translations
    std::uint32_t free6_ = no_flow;
    std::uint32_t sweep_hand_ = 0;
    std::uint32_t queue_first_ = 0;
    std::uint32_t queued_ = 0;
    std::uint64_t sweep_ns_a_flow_;
    std::uint64_t longest_step_ns_;
    std::uint64_t clock_ns_ = 0;   // the table's own: sum of the steps
    std::uint64_t caller_ns_ = 0;  // the caller's, when it was last told; 0: never
    std::uint64_t swept_ns_ = 0;
    meter::Ticks ticks_ = 0;
    CoarseTime now_ = 1;
    std::uint32_t carry_ = 1;  // rounds the costs of rate limits
    FlowCounts counts_;
};

}  // namespace sluice::dataplane::flow
