// What is remembered of addresses, in a fixed amount of memory: a set-associative table of four ways, found
// by a keyed 64-bit hash that also is the identity (the key itself is not kept; without the SipHash key
// nobody can find two that collide, and by chance it happens once in 2^40 or so). When a set is full, the
// entry that has been idle longest goes, but never a precious one for one that is not: what an attacker can
// make up (unverified sources) can not push out what he can not (verified ones).
//
// One worker's own; not thread-safe. Allocates at construction only.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace sluice::dataplane::meter {

// Value: default-constructible, with a member `std::uint32_t last_seen` and `bool precious(std::uint32_t now)
// const`. `now` counts in any unit of the caller's; only differences mean anything.
template <class Value>
class BoundedTable {
  public:
    static constexpr std::size_t ways = 4;

    // Rounded up to a power of two.
    explicit BoundedTable(std::size_t entries)
        : mask_(std::bit_ceil(entries < ways ? ways : entries) / ways - 1), sets_(mask_ + 1) {}

    void prefetch(std::uint64_t hash) const {
        const auto* set = reinterpret_cast<const char*>(&sets_[index(hash)]);
        for (std::size_t line = 0; line < sizeof(Set); line += 64) __builtin_prefetch(set + line, 1);
    }

    // nullptr when it is not there.
    [[nodiscard]] Value* find(std::uint64_t hash, std::uint32_t now) {
        hash |= 1U;
        for (Entry& entry : sets_[index(hash)].entries) {
            if (entry.hash == hash) {
                entry.value.last_seen = now;
                return &entry.value;
            }
        }
        return nullptr;
    }

    // The entry, made when it is not there; nullptr when every way is taken by a precious one.
    [[nodiscard]] Value* find_or_make(std::uint64_t hash, std::uint32_t now, bool precious) {
        if (Value* value = find(hash, now)) return value;
        hash |= 1U;
        Entry* victim = nullptr;
        for (Entry& entry : sets_[index(hash)].entries) {
            if (entry.hash == 0) {
                victim = &entry;
                break;
            }
            if (!precious && entry.value.precious(now)) continue;
            if (victim == nullptr || worse(entry, *victim, now)) victim = &entry;
        }
        if (victim == nullptr) {
            ++turned_away_;
            return nullptr;
        }
        if (victim->hash != 0) ++replaced_;
        *victim = Entry{};
        victim->hash = hash;
        victim->value.last_seen = now;
        return &victim->value;
    }

    [[nodiscard]] std::size_t capacity() const { return sets_.size() * ways; }
    [[nodiscard]] std::uint64_t replaced() const { return replaced_; }
    [[nodiscard]] std::uint64_t turned_away() const { return turned_away_; }

  private:
    struct Entry {
        std::uint64_t hash = 0;  // 0: free; a taken one's lowest bit is set
        Value value;
    };
    struct alignas(64) Set {
        Entry entries[ways];
    };

    [[nodiscard]] std::size_t index(std::uint64_t hash) const { return (hash >> 1U) & mask_; }

    // Precious entries last; among equals the longest idle first.
    [[nodiscard]] static bool worse(const Entry& a, const Entry& b, std::uint32_t now) {
        const bool a_precious = a.value.precious(now);
        const bool b_precious = b.value.precious(now);
        if (a_precious != b_precious) return b_precious;
        return now - a.value.last_seen > now - b.value.last_seen;
    }

    std::uint64_t mask_;
    std::vector<Set> sets_;
    std::uint64_t replaced_ = 0;
    std::uint64_t turned_away_ = 0;
};

}  // namespace sluice::dataplane::meter
