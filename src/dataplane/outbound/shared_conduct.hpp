// What each worker has seen of a host in its last second, for the others: a host's flows are spread over the
// workers by the other ends' addresses, and the tenant's limits are those of all of them together.
//
// Each worker writes to places of its own; a host's place is found by its hash. Where two hosts share one,
// the louder stays. Three words that are read while they are written may be of two seconds: it is statistics.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "dataplane/huge_memory.hpp"

namespace sluice::dataplane::outbound {

class SharedConduct {
  public:
    // Of one second. Other ends are one worker's each: they may be added up; ports may not.
    struct Part {
        std::uint32_t tried = 0;
        std::uint32_t hosts = 0;
        std::uint32_t ports = 0;
        std::uint32_t silent_packets = 0;
    };

    explicit SharedConduct(std::size_t workers) : places_(workers) {
        for (auto& places : places_) places = HugeVector<Place>(count);
    }

    // The worker's thread.
    void say(std::size_t worker, std::uint64_t hash, std::uint64_t second, const Part& part) {
        Place& place = places_[worker][hash % count];
        const std::uint64_t who = name(hash, second);
        const std::uint64_t there = place.who.load(std::memory_order_relaxed);
        const bool current = static_cast<std::uint32_t>(second) - static_cast<std::uint32_t>(there) <= 1;
        if (current && there >> 32U != who >> 32U && read(place).tried > part.tried) return;
        place.who.store(who, std::memory_order_relaxed);
        place.tried.store(std::uint64_t{part.tried} << 32U | part.silent_packets, std::memory_order_relaxed);
        place.others.store(std::uint64_t{part.hosts} << 32U | part.ports, std::memory_order_relaxed);
    }
    // Any thread: what the other workers say of this second, or, as long as they have not come to its end, of
    // the one before.
    [[nodiscard]] Part others(std::size_t worker, std::uint64_t hash, std::uint64_t second) const {
        Part sum;
        for (std::size_t other = 0; other < places_.size(); ++other) {
            if (other == worker) continue;
            const Place& place = places_[other][hash % count];
            const std::uint64_t who = place.who.load(std::memory_order_relaxed);
            if (who != name(hash, second) && who != name(hash, second - 1)) continue;
            const Part part = read(place);
            sum.tried += part.tried;
            sum.silent_packets += part.silent_packets;
            sum.hosts += part.hosts;
            sum.ports = std::max(sum.ports, part.ports);
        }
        return sum;
    }

  private:
    static constexpr std::size_t count = 1U << 14U;
    struct Place {
        std::atomic<std::uint64_t> who{0};  // half the hash, and the second
        std::atomic<std::uint64_t> tried{0};
        std::atomic<std::uint64_t> others{0};
    };
    [[nodiscard]] static std::uint64_t name(std::uint64_t hash, std::uint64_t second) {
        return (hash >> 32U | 1U) << 32U | static_cast<std::uint32_t>(second);
    }
    [[nodiscard]] static Part read(const Place& place) {
        const std::uint64_t tried = place.tried.load(std::memory_order_relaxed);
        const std::uint64_t others = place.others.load(std::memory_order_relaxed);
        return {static_cast<std::uint32_t>(tried >> 32U), static_cast<std::uint32_t>(others >> 32U),
                static_cast<std::uint32_t>(others), static_cast<std::uint32_t>(tried)};
    }

    std::vector<HugeVector<Place>> places_;  // by worker
};

}  // namespace sluice::dataplane::outbound
