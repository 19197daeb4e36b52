// From (address, direction) to a slot number: open addressing with a keyed hash, because attackers choose
// the addresses. Knows only tags; whoever owns the slots compares the address itself.
//
// An entry is 8 bytes, eight to a cache line, at most half of them used; one lookup touches one line almost
// always. One thread at a time.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

#include "base/siphash.hpp"
#include "detection/large_array.hpp"
#include "model/detection_policy.hpp"
#include "net/address.hpp"

namespace sluice::detection {

class AddressIndex {
  public:
    static constexpr std::uint32_t none = 0xffffffff;

    AddressIndex(std::uint32_t capacity, const base::SipKey& key)
        : key_(key),
          mask_(static_cast<std::uint32_t>(std::bit_ceil(std::uint64_t{capacity} * 2) - 1)),
          entries_(std::size_t{mask_} + 1) {}

    [[nodiscard]] std::uint32_t tag_of(const net::Address& address, model::TrafficDirection direction) const {
        std::uint64_t high = 0;
        std::uint64_t low = 0;
        std::memcpy(&high, address.bytes().data(), 8);
        std::memcpy(&low, address.bytes().data() + 8, 8);
        // IPv4 differs in its last four bytes only: one word holds it with the direction.
        const auto side = static_cast<std::uint64_t>(direction);
        const std::uint64_t hash = address.is_v4() ? base::siphash13(key_, (low >> 32U) | (side << 40U))
                                                   : base::siphash13(key_, high, low, side);
        return static_cast<std::uint32_t>(hash);
    }

    void prefetch(std::uint32_t tag) const { __builtin_prefetch(&entries_[tag & mask_], 1); }

    // The first slot with this tag for which `is_it(slot)` holds; none when there is none.
    template <class IsIt>
    [[nodiscard]] std::uint32_t find(std::uint32_t tag, IsIt is_it) const {
        for (std::uint32_t at = tag & mask_;; at = (at + 1) & mask_) {
            const Entry& entry = entries_[at];
            if (entry.slot_plus_one == 0) return none;
            if (entry.tag == tag && is_it(entry.slot_plus_one - 1)) return entry.slot_plus_one - 1;
        }
    }
    // The most likely slot, from tags alone: what to prefetch.
    [[nodiscard]] std::uint32_t guess(std::uint32_t tag) const {
        return find(tag, [](std::uint32_t) { return true; });
    }

    // The caller has looked: it is not there yet, and fewer than `capacity` are.
    void insert(std::uint32_t tag, std::uint32_t slot) {
        std::uint32_t at = tag & mask_;
        while (entries_[at].slot_plus_one != 0) at = (at + 1) & mask_;
        entries_[at] = {tag, slot + 1};
    }

    void erase(std::uint32_t tag, std::uint32_t slot) {
        std::uint32_t at = tag & mask_;
        while (entries_[at].slot_plus_one != slot + 1) {
            if (entries_[at].slot_plus_one == 0) return;
            at = (at + 1) & mask_;
        }
        // Close the gap, so that probing needs no tombstones.
        for (std::uint32_t next = (at + 1) & mask_; entries_[next].slot_plus_one != 0;
             next = (next + 1) & mask_) {
            const std::uint32_t home = entries_[next].tag & mask_;
            if (((next - home) & mask_) >= ((next - at) & mask_)) {
                entries_[at] = entries_[next];
                at = next;
            }
        }
        entries_[at] = {};
    }

  private:
    struct Entry {
        std::uint32_t tag;
        std::uint32_t slot_plus_one;  // 0: empty
    };

    base::SipKey key_;
    std::uint32_t mask_;
    LargeArray<Entry> entries_;
};

}  // namespace sluice::detection
