// What is remembered of addresses, in a fixed amount of memory: a set-associative table whose sets are cache
// lines. An entry is found by a keyed 64-bit hash, of which half chooses the set and half is kept as identity
// (the address itself is not kept: without the SipHash key nobody can find two that collide, and by chance it
// happens to one lookup in a thousand million). When a set is full, the entry that has been idle longest
// goes, but never a precious one for one that is not: what an attacker can make up (unverified sources) can
// not push out what he can not (verified ones).
//
// One worker's own; not thread-safe. Allocates at construction only.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "dataplane/huge_memory.hpp"
#include "dataplane/meter/set_traces.hpp"

namespace sluice::dataplane::meter {

// Value: default-constructible, with a member `last_seen` (32 unsigned bits or fewer) and `bool
// precious(std::uint32_t now) const`. `now` counts in any unit of the caller's; only differences mean
// anything.
template <class Value, class Traces = Untraced>
class BoundedTable {
  public:
    static constexpr std::size_t ways = 3;

    explicit BoundedTable(std::size_t entries)
        : sets_(std::max<std::size_t>(1, (entries + ways - 1) / ways)), traces_(sets_.size()) {}

    // Where entries are. For a loop over many of them a copy, which the compiler keeps in registers while the
    // loop writes elsewhere.
    class Places;
    [[nodiscard]] Places places() const { return Places(sets_.data(), sets_.size(), traces_.view()); }
    void prefetch(std::uint64_t hash) const { places().prefetch(hash); }

    // nullptr when it is not there.
    [[nodiscard]] Value* find(std::uint64_t hash) {
        Set& set = sets_[first(hash)];
        if (Value* value = set.find(tag_of(hash))) return value;
        return set.overflowed == 0 ? nullptr : sets_[second(hash)].find(tag_of(hash));
    }

    // The entry, made when it is not there; nullptr when all its places are taken by precious ones and this
    // is none.
    [[nodiscard]] Value* find_or_make(std::uint64_t hash, std::uint32_t now, bool precious) {
        Value* value = find(hash);
        return value != nullptr ? value : make_new(hash, now, precious);
    }

    // The same for what an attacker can make up in any number: not in place of another that is still
    // `awaited`, and elsewhere only when precious ones are in the way, so that a flood makes no later search
    // longer.
    [[nodiscard]] Value* find_or_make_awaited(std::uint64_t hash, std::uint32_t now) {
        if (Value* value = find(hash)) return value;
        const auto may_go = [now](const Value& value) { return !value.precious(now) && !value.awaited(now); };
        const std::size_t at = first(hash);
        if (Value* value = make(at, hash, now, may_go)) return value;
        if (!std::ranges::all_of(sets_[at].values, [now](const Value& value) { return value.precious(now); }))
            return nullptr;
        lead_on(at);
        return make(second(hash), hash, now, may_go);
    }

    [[nodiscard]] std::size_t capacity() const { return sets_.size() * ways; }

  private:
    using Seen = decltype(Value::last_seen);

    struct alignas(64) Set {
        std::array<std::uint32_t, ways> tags{};  // 0: free
        std::uint32_t overflowed = 0;
        std::array<Value, ways> values{};

        [[nodiscard]] Value* find(std::uint32_t tag) {
            // All are compared before anything is decided: which one it is cannot be foreseen.
            const unsigned found =
                (tags[0] == tag ? 1U : 0U) | (tags[1] == tag ? 2U : 0U) | (tags[2] == tag ? 4U : 0U);
            return found == 0 ? nullptr : &values[std::countr_zero(found)];
        }
        // A free place, or that of the one that is least missed of those that may go; `ways`: there is none.
        template <class Free>
        [[nodiscard]] std::size_t place(std::uint32_t now, Free&& may_go) const {
            std::size_t victim = ways;
            for (std::size_t way = 0; way < ways; ++way) {
                if (tags[way] == 0) return way;
                if (!may_go(values[way])) continue;
                if (victim == ways || worse(values[way], values[victim], now)) victim = way;
            }
            return victim;
        }
    };

  public:
    class Places {
      public:
        // False: find() would find nothing. Reads no set.
        [[nodiscard]] bool may_hold(std::uint64_t hash) const {
            return traces_.may_hold(first_of(hash, count_), tag_of(hash));
        }
        [[gnu::always_inline]] void prefetch(std::uint64_t hash) const {
            const auto* set = reinterpret_cast<const char*>(sets_ + first_of(hash, count_));
            for (std::size_t line = 0; line < sizeof(Set); line += 64) __builtin_prefetch(set + line, 1);
        }

      private:
        friend BoundedTable;
        Places(const Set* sets, std::size_t count, typename Traces::View traces)
            : sets_(sets), count_(count), traces_(traces) {}

        const Set* sets_;
        std::size_t count_;
        [[no_unique_address]] typename Traces::View traces_;
    };

  private:
    template <class Free>
    [[nodiscard]] Value* make(std::size_t at, std::uint64_t hash, std::uint32_t now, Free&& may_go) {
        Set& set = sets_[at];
        const std::size_t way = set.place(now, may_go);
        if (way == ways) return nullptr;
        set.tags[way] = tag_of(hash);
        traces_.note(at, way, tag_of(hash));
        set.values[way] = Value{};
        set.values[way].last_seen = static_cast<Seen>(now);
        return &set.values[way];
    }
    // Out of line: where known addresses are looked up the compiler shall have room for what is done with
    // them.
    [[nodiscard, gnu::noinline]] Value* make_new(std::uint64_t hash, std::uint32_t now, bool precious) {
        const auto is_cheap = [now](const Value& value) { return !value.precious(now); };
        if (Value* value = make(first(hash), hash, now, is_cheap)) return value;
        lead_on(first(hash));
        return make(second(hash), hash, now, [&](const Value& value) { return precious || is_cheap(value); });
    }
    void lead_on(std::size_t at) {
        sets_[at].overflowed = 1;
        traces_.lead_on(at);
    }

    [[nodiscard]] static std::size_t first_of(std::uint64_t hash, std::size_t sets) {
        return (hash >> 32U) * sets >> 32U;
    }
    [[nodiscard]] std::size_t first(std::uint64_t hash) const { return first_of(hash, sets_.size()); }
    [[nodiscard]] std::size_t second(std::uint64_t hash) const {
        return ((hash * 0x9e3779b97f4a7c15ULL) >> 32U) * sets_.size() >> 32U;
    }
    [[nodiscard]] static std::uint32_t tag_of(std::uint64_t hash) {
        return static_cast<std::uint32_t>(hash) | 1U;
    }

    // Precious entries last; among equals the longest idle first.
    [[nodiscard]] static bool worse(const Value& a, const Value& b, std::uint32_t now) {
        const bool a_precious = a.precious(now);
        const bool b_precious = b.precious(now);
        if (a_precious != b_precious) return b_precious;
        return static_cast<Seen>(now - a.last_seen) > static_cast<Seen>(now - b.last_seen);
    }

    HugeVector<Set> sets_;
    [[no_unique_address]] Traces traces_;
};

}  // namespace sluice::dataplane::meter
