// What one worker knows beyond its program: the time, its meters, the sources that have proved themselves,
// its counters. It outlives every change of program. One worker's own; only the counters are read by others.
#pragma once

#include <cstdint>
#include <vector>

#include "base/siphash.hpp"
#include "dataplane/coarse_time.hpp"
#include "dataplane/counters.hpp"
#include "dataplane/meter/bounded_table.hpp"
#include "dataplane/meter/rate_limit.hpp"
#include "dataplane/program.hpp"
#include "dataplane/scrub/syn_cookie.hpp"

namespace sluice::dataplane {

// A source as one target sees it.
struct Source {
    meter::RateState rate;
    CoarseTime verified_until = 0;
    CoarseTime last_seen = 0;

    [[nodiscard]] bool precious(CoarseTime now) const {
        return verified_until != 0 && is_after(verified_until, now);
    }
};

// The meters of one destination address.
struct Destination {
    meter::RateState target;
    meter::RateState fragment;
    meter::RateState icmp;
    meter::RateState udp;
    CoarseTime last_seen = 0;

    [[nodiscard]] bool precious(CoarseTime) const { return false; }
};

struct WorkerLimits {
    std::size_t slots = 16'384;
    std::size_t sources = 262'144;      // 32 bytes each
    std::size_t destinations = 65'536;  // addresses of targets that are wider than one; 96 bytes each
};

// The keys of a gateway. All its workers share them: a proof asked for by one may arrive at another.
struct Secrets {
    base::SipKey tables;
    base::SipKey cookies;

    [[nodiscard]] static Secrets from(base::Random& random) {
        return {base::SipKey::from(random), base::SipKey::from(random)};
    }
};

struct WorkerState {
    WorkerState(const WorkerLimits& limits, const Secrets& secrets)
        : table_key(secrets.tables),
          cookies(secrets.cookies),
          sources(limits.sources),
          wide_destinations(limits.destinations),
          host_destinations(limits.slots),
          counts(limits.slots) {}

    // Sampled once a burst.
    void set_time(std::uint64_t ns) {
        now_ns = ns;
        now_ticks = meter::ticks(ns);
        now_coarse = coarse_time(ns) + 1;  // 0 means "never"
    }

    // Before the first packet under a new program: slots that have a new owner start at zero.
    void adopt(const Program& program) {
        const auto clear = [this](std::uint32_t slot) {
            counts.targets[slot].reset();
            host_destinations[slot] = {};
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

    [[nodiscard]] std::uint64_t address_hash(std::uint32_t serial, const net::Address& address) const {
        std::uint64_t words[2];
        std::memcpy(words, address.bytes().data(), 16);
        // IPv4 in one word: its first twelve bytes are the same for all.
        if (address.is_v4()) return base::siphash13(table_key, (words[1] & ~0xffffffffULL) | serial);
        return base::siphash13(table_key, words[0], words[1], static_cast<std::uint64_t>(serial));
    }

    std::uint64_t adopted = 0;  // sequence of the program
    std::uint64_t now_ns = 0;
    meter::Ticks now_ticks = 0;
    CoarseTime now_coarse = 1;

    base::SipKey table_key;
    scrub::SynCookie cookies;
    meter::BoundedTable<Source> sources;
    meter::BoundedTable<Destination> wide_destinations;
    std::vector<Destination> host_destinations;  // by slot
    WorkerCounts counts;
};

}  // namespace sluice::dataplane
