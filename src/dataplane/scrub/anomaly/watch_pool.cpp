#include "dataplane/scrub/anomaly/watch_pool.hpp"

namespace sluice::dataplane::scrub::anomaly {

TargetWatch* WatchPool::make(std::uint32_t slot, std::uint32_t serial, CoarseTime now) {
    constexpr std::uint32_t unused_s = 60;
    // Whether one has become free is asked four times a second: it takes a look at all of them.
    if (full_at_ == now) {
        turned_away.add(1);
        return nullptr;
    }
    TargetWatch* chosen = nullptr;
    for (TargetWatch& watch : watches_) {
        // A slot that has a new owner: the old one's watch is nobody's.
        const bool free = watch.serial == 0 || watch.slot == slot;
        if (free) {
            chosen = &watch;
            break;
        }
        if (now - watch.last_seen <= coarse_duration(unused_s)) continue;
        if (chosen == nullptr || now - watch.last_seen > now - chosen->last_seen) chosen = &watch;
    }
    if (chosen == nullptr) {
        full_at_ = now;
        turned_away.add(1);
        return nullptr;
    }
    if (chosen->serial != 0) by_slot_[chosen->slot] = 0;
    *chosen = TargetWatch{};
    chosen->slot = slot;
    chosen->serial = serial;
    by_slot_[slot] = static_cast<std::uint16_t>(number_of(*chosen) + 1);
    return chosen;
}

}  // namespace sluice::dataplane::scrub::anomaly
