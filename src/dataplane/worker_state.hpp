// What one worker knows beyond its program: the time, its meters, the sources that have proved themselves,
// its counters. It outlives every change of program. One worker's own; only the counters are read by others.
#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/clock.hpp"
#include "base/siphash.hpp"
#include "dataplane/attach/neighbour_questions.hpp"
#include "dataplane/coarse_time.hpp"
#include "dataplane/counters.hpp"
#include "dataplane/extra_frames.hpp"
#include "dataplane/flow/flow_table.hpp"
#include "dataplane/flow/fragment_table.hpp"
#include "dataplane/flow_ports.hpp"
#include "dataplane/meter/bounded_table.hpp"
#include "dataplane/meter/rate_limit.hpp"
#include "dataplane/outbound/attacker_table.hpp"
#include "dataplane/outbound/shared_conduct.hpp"
#include "dataplane/program.hpp"
#include "dataplane/scrub/anomaly/watch_pool.hpp"
#include "dataplane/scrub/protocol/conduct.hpp"
#include "dataplane/scrub/protocol/connection_table.hpp"
#include "dataplane/scrub/syn_cookie.hpp"
#include "dataplane/source.hpp"
#include "dataplane/splice/syn_repeats.hpp"
#include "dataplane/workers/fragment_owners.hpp"
#include "packet/key.hpp"

namespace sluice::dataplane {

// One address of a target that is wider than that.
struct Destination {
    Meters meters;
    CoarseTime last_seen = 0;

    [[nodiscard]] bool precious(CoarseTime) const { return false; }
};

// What one source sends to one address, or what all send to one of its services.
struct TrafficPart {
    meter::RateState meters;
    std::uint16_t last_seen = 0;  // coarse time modulo 4.5 hours

    [[nodiscard]] bool precious(CoarseTime) const { return false; }
};

// To whom queries were answered as truncated: in the name of a forged source they come to somebody who never
// asked, so there are only so many a second (scrub/verify_stage.hpp).
struct Answered {
    meter::RateState meters;
    CoarseTime last_seen = 0;

    [[nodiscard]] bool precious(CoarseTime) const { return false; }
};

// Meters that were not used for a while start afresh (meter/rate_limit.hpp).
template <class Metered>
void touch(Metered& metered, CoarseTime now) {
    using Seen = decltype(metered.last_seen);
    if (static_cast<Seen>(now - metered.last_seen) > coarse_duration(meter::stale_after_s)) {
        if constexpr (requires { metered.rate; }) {
            metered.rate = {};
            metered.wait = 0;
        } else {
            metered.meters = {};
        }
    }
    metered.last_seen = static_cast<Seen>(now);
}

// A tenant's committed rates.
struct TenantMeters {
    meter::RateState inbound;
    meter::RateState outbound;
    CoarseTime last_seen = 0;
};

// What several workers count of a tenant together.
struct alignas(64) SharedTenant {
    std::atomic<std::uint64_t> inbound{0};  // a meter::RateState each
    std::atomic<std::uint64_t> outbound{0};
    std::atomic<CoarseTime> last_seen{0};

    // RateLimit::take on a state that other workers take from at the same time.
    [[nodiscard]] static bool take(const meter::RateLimit& limit, std::atomic<std::uint64_t>& state,
                                   meter::Ticks now, std::uint32_t bytes, std::uint32_t carry) {
        std::uint64_t seen = state.load(std::memory_order_relaxed);
        for (;;) {
            auto next = std::bit_cast<meter::RateState>(seen);
            if (!limit.take(next, now, bytes, carry)) return false;
            if (state.compare_exchange_weak(seen, std::bit_cast<std::uint64_t>(next),
                                            std::memory_order_relaxed))
                return true;
        }
    }
};
struct SharedTenants {
    SharedTenants(std::size_t count, std::size_t workers) : tenants(count), flows(count), conduct(workers) {}
    std::vector<SharedTenant> tenants;              // by flow::TenantIndex
    std::vector<std::atomic<std::uint32_t>> flows;  // open ones, of all workers
    outbound::SharedConduct conduct;
};

// When a tenant's rules with a time were last asked when they change.
struct Schedule {
    std::uint32_t generation = 0;  // of the firewall
    std::uint32_t changes = 0;     // since then
    std::uint64_t asked_minute = 0;
    std::uint64_t next_minute = 0;  // of the next change; 0: was never asked
};

struct WorkerLimits {
    std::size_t slots = 16'384;
    std::size_t sources = 262'144;          // 20 bytes each
    std::size_t destinations = 65'536;      // addresses of targets that are wider than one; 43 bytes each
    std::uint32_t flows = 4096;             // of tenants with a firewall; 160 bytes each
    std::uint32_t tenants = 1024;           // with a firewall
    std::uint32_t fragmented = 4096;        // packets of which some fragments are still on their way
    std::uint32_t workers = 1;              // that share the gateway's packets
    std::uint32_t longest_step_s = 0;       // what a jump of the clock counts at most for flows; 0: all of it
    std::shared_ptr<SharedTenants> shared;  // among more than one
    std::uint32_t watches = 128;            // targets whose traffic is learned; 20 KiB each
};

// The keys of a gateway. All its workers share them: a proof asked for by one may arrive at another.
struct Secrets {
    base::SipKey tables;
    base::SipKey cookies;
    base::SipKey flows;
    base::SipKey owners;

    [[nodiscard]] static Secrets from(base::Random& random) {
        const base::SipKey tables = base::SipKey::from(random);
        const base::SipKey cookies = base::SipKey::from(random);
        const base::SipKey flows = base::SipKey::from(random);
        return {tables, cookies, flows, base::SipKey::from(random)};
    }
};

struct WorkerState {
    WorkerState(const WorkerLimits& limits, const Secrets& secrets, std::size_t index = 0)
        : worker(index),
          workers(limits.workers),
          shared(limits.workers > 1 ? limits.shared : nullptr),
          owner_key(secrets.owners),
          table_key(secrets.tables),
          cookies(secrets.cookies),
          sources(limits.sources),
          wide_destinations(limits.destinations),
          parts(limits.sources / 2 + 1),
          answered(limits.sources / 16 + 1),
          conducts(limits.sources / 4 + 1),
          connections(limits.sources / 2 + 1),
          watches(limits.slots, limits.watches),
          ports(static_cast<std::uint8_t>(index), {.blocks = limits.flows / 4 + 64}, secrets.flows,
                limits.flows),
          flows({.flows = limits.flows,
                 .tenants = limits.tenants,
                 .longest_step_s = limits.longest_step_s,
                 .flows_of_all = shared == nullptr ? nullptr : shared->flows.data()},
                secrets.flows, &ports),
          fragments({.packets = limits.fragmented}, secrets.flows),
          syn_repeats(std::min(limits.flows, splice::SynRepeats::most_waiting)),
          attackers(secrets.flows, 1024, shared == nullptr ? nullptr : &shared->conduct, index),
          fragment_owners(limits.workers > 1 ? limits.fragmented : 1, secrets.owners),
          tenant_meters(limits.tenants),
          schedules(limits.tenants),
          counts(limits.slots) {
        ports.watch(flows);
    }
    WorkerState(const WorkerState&) = delete;  // its parts know each other
    WorkerState& operator=(const WorkerState&) = delete;

    // Sampled once a burst.
    void set_time(std::uint64_t ns) {
        now_ns = ns;
        now_ticks = meter::ticks(ns);
        now_coarse = coarse_time(ns) + 1;  // 0 means "never"
        now_wait = static_cast<WaitTime>(ns / wait_step_ns);
        dither = dither * 1'664'525U + 1'013'904'223U;
    }

    // Before the first packet under a new program: slots that have a new owner start at zero.
    void adopt(const Program& program) {
        const auto clear = [this](std::uint32_t slot) {
            counts.targets[slot].reset();
            counts.states[slot].reset();
        };
        if (program.sequence == adopted + 1) {
            for (const std::uint32_t slot : program.fresh_slots) clear(slot);
        } else {
            for (const SlotOwner& owner : program.owners) {
                if (owner.since > adopted) clear(owner.slot);
            }
        }
        adopted = program.sequence;
    }

    // What tables remember a burst's addresses by, those of one family side by side: of IPv6 all three words
    // are hashed, of IPv4 the first.
    struct AddressBlock {
        alignas(32) std::array<std::array<std::uint64_t, packet::max_burst>, 3> words;

        void set(std::size_t n, std::uint32_t serial, const net::Address& address, bool ipv6) {
            std::uint64_t halves[2];
            std::memcpy(halves, address.bytes().data(), 16);
            if (ipv6) {
                words[0][n] = halves[0];
                words[1][n] = halves[1];
                words[2][n] = serial;
            } else {
                // The first twelve bytes of an IPv4 address are the same for all.
                words[0][n] = (halves[1] & ~0xffffffffULL) | serial;
            }
        }
    };
    // The same for a part of what goes to an address.
    [[nodiscard]] std::uint64_t pair_hash(std::uint32_t serial, const packet::Key& key) const;
    [[nodiscard]] std::uint64_t service_hash(std::uint32_t serial, const packet::Key& key) const;
    // Of eight, from the n-th on.
    void address_hashes(const AddressBlock& block, std::uint32_t n, bool ipv6,
                        std::array<std::uint64_t, base::sip_lanes>& hashes) const {
        const auto lane = [&](std::size_t w) { return base::SipLanes::from(&block.words[w][n]); };
        const base::SipLanes all =
            ipv6 ? base::siphash_of<1, 3, base::SipLanes>(table_key, lane(0), lane(1), lane(2))
                 : base::siphash_of<1, 3, base::SipLanes>(table_key, lane(0));
        all.to(hashes.data());
    }

    std::size_t worker;                     // index among the gateway's
    std::uint32_t workers;                  // how many there are
    std::shared_ptr<SharedTenants> shared;  // nullptr: this worker is alone
    base::SipKey owner_key;
    std::uint64_t adopted = 0;  // sequence of the program
    std::uint64_t now_ns = 0;
    meter::Ticks now_ticks = 0;
    CoarseTime now_coarse = 1;
    WaitTime now_wait = 0;
    std::uint32_t dither = 1;  // another number each burst; rounds the costs of rate limits

    base::SipKey table_key;
    scrub::SynCookie cookies;
    std::uint64_t cookies_until_ns = 0;  // some SYN-ACK's may still be given back (splice/)
    meter::BoundedTable<Source, meter::SetTraces> sources;
    meter::BoundedTable<Destination> wide_destinations;
    meter::BoundedTable<TrafficPart> parts;  // of targets with limits of pairs or services
    meter::BoundedTable<Answered> answered;  // by the hash of sources
    meter::BoundedTable<scrub::protocol::Conduct> conducts;
    scrub::protocol::ConnectionTable connections;
    scrub::anomaly::WatchPool watches;
    FlowPorts ports;
    flow::FlowTable flows;
    flow::FragmentTable fragments;
    splice::SynRepeats syn_repeats;
    outbound::AttackerTable attackers;  // hosts of customers
    workers::FragmentOwners fragment_owners;
    HugeVector<TenantMeters> tenant_meters;    // by flow::TenantIndex
    HugeVector<Schedule> schedules;            // by the same; of tenants with schedules
    meter::RateState rejects;                  // answers to rejected packets, of all tenants
    const base::Clock* stage_clock = nullptr;  // of a burst that is timed; else nullptr
    std::uint64_t unix_s = 0;                  // wall time, for rules with a schedule
    bool handed = false;                       // this burst comes from another worker
    attach::NeighbourQuestions questions;      // of this burst
    ExtraFrames extra;                         // of this burst
    WorkerCounts counts;
};

}  // namespace sluice::dataplane
