// The watches of a worker's targets: a fixed number, given to targets that ask for one as their first packet
// is sampled. When all are given out, the one whose target has been without a packet for a minute goes to the
// next; a target that gets none is not watched, which is counted.
#pragma once

#include <cstddef>
#include <cstdint>

#include "dataplane/coarse_time.hpp"
#include "dataplane/counters.hpp"
#include "dataplane/huge_memory.hpp"
#include "dataplane/scrub/anomaly/target_watch.hpp"

namespace sluice::dataplane::scrub::anomaly {

class WatchPool {
  public:
    WatchPool(std::size_t slots, std::size_t watches) : by_slot_(slots), watches_(watches) {}

    // nullptr: it has none.
    [[nodiscard]] TargetWatch* find(std::uint32_t slot, std::uint32_t serial) {
        const std::uint16_t number = by_slot_[slot];
        if (number == 0) return nullptr;
        TargetWatch& watch = watches_[number - 1U];
        return watch.slot == slot && watch.serial == serial ? &watch : nullptr;
    }
    [[nodiscard]] TargetWatch* find_or_make(std::uint32_t slot, std::uint32_t serial, CoarseTime now) {
        TargetWatch* watch = find(slot, serial);
        if (watch == nullptr) watch = make(slot, serial, now);
        if (watch != nullptr) watch->last_seen = now;
        return watch;
    }
    // For each packet of a watched target: whether it is the one in sampled_one_in, at irregular distances.
    [[nodiscard]] bool takes_sample() {
        if (--until_sample_ != 0) [[likely]]
            return false;
        random_ = random_ * 1'664'525U + 1'013'904'223U;
        until_sample_ = 1 + (random_ >> 16U) % (2 * sampled_one_in - 1);
        return true;
    }
    [[nodiscard]] const TargetWatch& at(std::size_t number) const { return watches_[number]; }
    [[nodiscard]] std::size_t number_of(const TargetWatch& watch) const {
        return static_cast<std::size_t>(&watch - watches_.data());
    }
    Count turned_away;

  private:
    [[nodiscard]] TargetWatch* make(std::uint32_t slot, std::uint32_t serial, CoarseTime now);

    CoarseTime full_at_ = 0;  // when all were in use
    std::uint32_t until_sample_ = 1;
    std::uint32_t random_ = 1;
    HugeVector<std::uint16_t> by_slot_;  // number + 1; 0: none
    HugeVector<TargetWatch> watches_;
};

}  // namespace sluice::dataplane::scrub::anomaly
