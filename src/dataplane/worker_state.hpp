// What one worker knows beyond its program: the time, its meters, the sources that have proved themselves,
// its counters. It outlives every change of program. One worker's own; only the counters are read by others.
#pragma once

#include <cstdint>
#include <vector>

#include "base/clock.hpp"
#include "base/siphash.hpp"
#include "dataplane/attach/neighbour_questions.hpp"
#include "dataplane/coarse_time.hpp"
#include "dataplane/counters.hpp"
#include "dataplane/flow/flow_table.hpp"
#include "dataplane/flow/fragment_table.hpp"
#include "dataplane/flow_ports.hpp"
#include "dataplane/meter/bounded_table.hpp"
#include "dataplane/meter/rate_limit.hpp"
#include "dataplane/program.hpp"
#include "dataplane/scrub/protocol/conduct.hpp"
#include "dataplane/scrub/syn_cookie.hpp"
#include "dataplane/source.hpp"

namespace sluice::dataplane {

// One address of a target that is wider than that.
struct Destination {
    Meters meters;
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

struct WorkerLimits {
    std::size_t slots = 16'384;
    std::size_t sources = 262'144;      // 20 bytes each
    std::size_t destinations = 65'536;  // addresses of targets that are wider than one; 43 bytes each
    std::uint32_t flows = 4096;         // of tenants with a firewall; 160 bytes each
    std::uint32_t tenants = 1024;       // with a firewall
    std::uint32_t fragmented = 4096;    // packets of which some fragments are still on their way
};

// The keys of a gateway. All its workers share them: a proof asked for by one may arrive at another.
struct Secrets {
    base::SipKey tables;
    base::SipKey cookies;
    base::SipKey flows;

    [[nodiscard]] static Secrets from(base::Random& random) {
        const base::SipKey tables = base::SipKey::from(random);
        const base::SipKey cookies = base::SipKey::from(random);
        return {tables, cookies, base::SipKey::from(random)};
    }
};

struct WorkerState {
    WorkerState(const WorkerLimits& limits, const Secrets& secrets, std::size_t index = 0)
        : worker(index),
          table_key(secrets.tables),
          cookies(secrets.cookies),
          sources(limits.sources),
          wide_destinations(limits.destinations),
          conducts(limits.sources / 4 + 1),
          ports(static_cast<std::uint8_t>(index), {.blocks = limits.flows / 4 + 64}, secrets.flows,
                limits.flows),
          flows({.flows = limits.flows, .tenants = limits.tenants}, secrets.flows, &ports),
          fragments({.packets = limits.fragmented}, secrets.flows),
          tenant_meters(limits.tenants),
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

    // What tables remember an address by: several of one family at once.
    struct AddressWords {
        std::uint64_t at[3];  // of IPv6 all are hashed, of IPv4 the first
    };
    [[nodiscard]] static AddressWords address_words(std::uint32_t serial, const net::Address& address,
                                                    bool ipv6) {
        std::uint64_t words[2];
        std::memcpy(words, address.bytes().data(), 16);
        if (ipv6) return {{words[0], words[1], serial}};
        // The first twelve bytes of an IPv4 address are the same for all.
        return {{(words[1] & ~0xffffffffULL) | serial, 0, 0}};
    }
    using AddressBlock = std::array<AddressWords, base::sip_lanes>;
    void address_hashes(const AddressBlock& words, bool ipv6,
                        std::array<std::uint64_t, base::sip_lanes>& hashes) const {
        const auto lane = [&](std::size_t n) {
            return base::SipLanes{{words[0].at[n], words[1].at[n], words[2].at[n], words[3].at[n]},
                                  {words[4].at[n], words[5].at[n], words[6].at[n], words[7].at[n]}};
        };
        const base::SipLanes all =
            ipv6 ? base::siphash_of<1, 3, base::SipLanes>(table_key, lane(0), lane(1), lane(2))
                 : base::siphash_of<1, 3, base::SipLanes>(table_key, lane(0));
        std::memcpy(hashes.data(), &all, sizeof all);
    }

    std::size_t worker;         // index among the gateway's
    std::uint64_t adopted = 0;  // sequence of the program
    std::uint64_t now_ns = 0;
    meter::Ticks now_ticks = 0;
    CoarseTime now_coarse = 1;
    WaitTime now_wait = 0;
    std::uint32_t dither = 1;  // another number each burst; rounds the costs of rate limits

    base::SipKey table_key;
    scrub::SynCookie cookies;
    meter::BoundedTable<Source> sources;
    meter::BoundedTable<Destination> wide_destinations;
    meter::BoundedTable<scrub::protocol::Conduct> conducts;
    FlowPorts ports;
    flow::FlowTable flows;
    flow::FragmentTable fragments;
    HugeVector<TenantMeters> tenant_meters;    // by flow::TenantIndex
    meter::RateState rejects;                  // answers to rejected packets, of all tenants
    const base::Clock* stage_clock = nullptr;  // of a burst that is timed; else nullptr
    std::uint64_t unix_s = 0;                  // wall time, for rules with a schedule
    attach::NeighbourQuestions questions;      // of this burst
    WorkerCounts counts;
};

}  // namespace sluice::dataplane
