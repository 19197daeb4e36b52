// Longest-prefix match of one address family: binary search over the prefix lengths in use (Waldvogel,
// Varghese, Turner and Plattner, 1997) in one hash table. A step is one cache line; with the usual lengths
// (/24 and /32, /48 and /128) there are two, and an address that is itself a prefix is found by the first.
// Markers carry the best match of the way so far, so that no search goes back.
//
// Built once, then read from any thread. 32 bytes an entry; a marker is an entry.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/random.hpp"
#include "dataplane/huge_memory.hpp"

namespace sluice::dataplane {

// An IPv6 address as two numbers, the first bit of the address the highest.
struct WideWord {
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    auto operator<=>(const WideWord&) const = default;
};

// What differs between the families. length: 1 to the family's number of bits.
struct Ipv4Words {
    using Word = std::uint32_t;
    static constexpr unsigned bits = 32;
    static Word masked(Word word, unsigned length) { return word & (~0U << (32 - length)); }
    static bool equal(Word a, Word b) { return a == b; }
    static std::uint64_t mix(Word word, unsigned length, const WideWord& key) {
        const std::uint64_t product =
            ((static_cast<std::uint64_t>(length) << 32U | word) ^ key.high) * (key.low | 1U);
        return product >> 32U;
    }
};
struct Ipv6Words {
    using Word = WideWord;
    static constexpr unsigned bits = 128;
    static Word masked(const Word& word, unsigned length) {
        if (length <= 64) return {word.high & (~0ULL << (64 - length)), 0};
        return {word.high, word.low & (~0ULL << (128 - length))};
    }
    static bool equal(const Word& a, const Word& b) { return ((a.high ^ b.high) | (a.low ^ b.low)) == 0; }
    static std::uint64_t mix(const Word& word, unsigned length, const WideWord& key) {
        const auto product = static_cast<unsigned __int128>(word.low ^ key.low) *
                             ((word.high ^ key.high) + length * 0x9e3779b97f4a7c15ULL);
        return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
    }
};

// Value: trivially copyable, at most 14 bytes.
template <class Family, class Value>
class LengthTable {
  public:
    using Word = typename Family::Word;
    struct Item {
        Word word{};
        unsigned length = 0;  // 0: every address
        Value value{};
    };

    LengthTable() : pairs_(1) {}

    // False when a prefix appears twice; it is then in `conflict`.
    [[nodiscard]] bool build(std::vector<Item> items, base::Random& random, Item& conflict) {
        key_ = {random.next(), random.next()};
        note_lengths(items);
        // Shorter prefixes first, so that a marker finds the best match that it must carry already in place.
        std::stable_sort(items.begin(), items.end(),
                         [](const Item& a, const Item& b) { return a.length < b.length; });
        // At most half full: one step in twenty then has to look at a second line.
        pairs_.assign(std::bit_ceil(std::max<std::size_t>(1, count_entries(items))), Pair{});
        mask_ = pairs_.size() - 1;
        for (const Item& item : items) {
            if (!insert(item)) {
                conflict = item;
                return false;
            }
        }
        return true;
    }

    // Where the search for an address begins; the line is on the way afterwards.
    [[nodiscard]] std::uint32_t begin(const Word& word) const {
        const std::size_t first = index_of(Family::masked(word, first_length_), first_length_);
        __builtin_prefetch(&pairs_[first]);
        return static_cast<std::uint32_t>(first);
    }

    // nullptr when no prefix contains the address. `first` is what begin() gave.
    [[nodiscard]] const Value* find(const Word& word, std::uint32_t first) const {
        const Entry* entry = entry_at(first, Family::masked(word, first_length_), first_length_);
        // Nothing is longer than what the first step found: the usual case.
        if (entry != nullptr && (entry->flags & (has_value | has_longer)) == has_value) return &entry->value;
        return find_on(word, entry);
    }

    [[nodiscard]] std::size_t bytes() const { return pairs_.size() * sizeof(Pair); }

  private:
    static constexpr std::uint8_t taken = 1;
    static constexpr std::uint8_t has_value = 2;   // its own; or, of a marker, the best on the way to it
    static constexpr std::uint8_t is_prefix = 4;   // an item, no mere marker
    static constexpr std::uint8_t has_longer = 8;  // longer ones begin with it
    struct alignas(32) Entry {
        Word word{};
        [[no_unique_address]] Value value{};  // what follows lies in its last two bytes, which are nobody's
        std::uint8_t length = 0;
        std::uint8_t flags = 0;
    };
    static_assert(sizeof(Entry) == 32);

    struct alignas(64) Pair {
        Entry entries[2];
    };

    void note_lengths(const std::vector<Item>& items) {
        std::array<bool, Family::bits + 1> used{};
        for (const Item& item : items) used[item.length] = true;
        for (unsigned length = 1; length <= Family::bits; ++length) {
            if (used[length]) lengths_[count_++] = static_cast<std::uint8_t>(length);
        }
        if (count_ != 0) first_length_ = lengths_[count_ / 2];
    }

    // The search, when its first step has given `entry`.
    [[nodiscard]] const Value* find_on(const Word& word, const Entry* entry) const {
        const Value* best = fallback_.flags != 0 ? &fallback_.value : nullptr;
        std::uint32_t low = 0;
        std::uint32_t high = count_;
        std::uint32_t middle = high / 2;
        while (low < high) {
            if (entry == nullptr) {
                high = middle;
            } else {
                if ((entry->flags & has_value) != 0) best = &entry->value;
                if ((entry->flags & has_longer) == 0) break;
                low = middle + 1;
            }
            if (low == high) break;
            middle = (low + high) / 2;
            const Word wanted = Family::masked(word, lengths_[middle]);
            entry = entry_at(index_of(wanted, lengths_[middle]), wanted, lengths_[middle]);
        }
        return best;
    }

    // Calls visit(length) for each step of the search for this item at which an entry must say "longer", and
    // for its own.
    template <class Visit>
    void walk(const Item& item, Visit&& visit) const {
        std::uint32_t low = 0;
        std::uint32_t high = item.length == 0 ? 0 : count_;
        while (low < high) {
            const std::uint32_t middle = (low + high) / 2;
            const unsigned length = lengths_[middle];
            if (length > item.length) {
                high = middle;
                continue;
            }
            visit(length);
            if (length == item.length) return;
            low = middle + 1;
        }
    }

    // Prefixes and markers together, each once.
    [[nodiscard]] std::size_t count_entries(const std::vector<Item>& items) const {
        std::vector<std::pair<Word, unsigned>> all;
        for (const Item& item : items) {
            walk(item, [&](unsigned length) { all.emplace_back(Family::masked(item.word, length), length); });
        }
        std::sort(all.begin(), all.end());
        return static_cast<std::size_t>(std::unique(all.begin(), all.end()) - all.begin());
    }

    [[nodiscard]] bool insert(const Item& item) {
        if (item.length == 0) {
            const bool first = fallback_.flags == 0;
            fallback_.value = item.value;
            fallback_.flags = taken | has_value | is_prefix;
            return first;
        }
        bool first = true;
        walk(item, [&](unsigned length) {
            const Word word = Family::masked(item.word, length);
            Entry& entry = place(word, length);
            if (length == item.length) {
                first = (entry.flags & is_prefix) == 0;
                entry.value = item.value;
                entry.flags = taken | has_value | is_prefix;
                return;
            }
            if (entry.flags == 0) {
                entry.flags = taken;
                if (const Value* best = best_up_to(item.word, length)) {
                    entry.value = *best;
                    entry.flags = taken | has_value;
                }
            }
            entry.flags |= has_longer;
        });
        return first;
    }

    // The entry of this word and length; a new one has no flags yet.
    [[nodiscard]] Entry& place(const Word& word, unsigned length) {
        for (std::size_t i = index_of(word, length);; i = (i + 1) & mask_) {
            for (Entry& entry : pairs_[i].entries) {
                if (entry.flags == 0) {
                    entry.word = word;
                    entry.length = static_cast<std::uint8_t>(length);
                    return entry;
                }
                if (Family::equal(entry.word, word) && entry.length == length) return entry;
            }
        }
    }

    // The best of the prefixes not longer than `longest`.
    [[nodiscard]] const Value* best_up_to(const Word& word, unsigned longest) const {
        for (std::uint32_t i = count_; i-- > 0;) {
            const unsigned length = lengths_[i];
            if (length > longest) continue;
            const Word wanted = Family::masked(word, length);
            const Entry* entry = entry_at(index_of(wanted, length), wanted, length);
            if (entry != nullptr && (entry->flags & is_prefix) != 0) return &entry->value;
        }
        return fallback_.flags != 0 ? &fallback_.value : nullptr;
    }

    [[nodiscard]] std::size_t index_of(const Word& word, unsigned length) const {
        return Family::mix(word, length, key_) & mask_;
    }
    // From pair i on; nullptr when it is not there. Both of a pair are compared before anything is decided:
    // which of them it is cannot be foreseen, that it is one of them can.
    [[nodiscard]] const Entry* entry_at(std::size_t i, const Word& word, unsigned length) const {
        for (;; i = (i + 1) & mask_) {
            const Pair& pair = pairs_[i];
            const unsigned first =
                Family::equal(pair.entries[0].word, word) & (pair.entries[0].length == length) ? 1U : 0U;
            const unsigned second =
                Family::equal(pair.entries[1].word, word) & (pair.entries[1].length == length) ? 1U : 0U;
            unsigned either = first | second;
            asm("" : "+r"(either));  // or the compiler makes two branches of it after all
            if (either != 0) return &pair.entries[second];
            if (pair.entries[1].flags == 0) return nullptr;
        }
    }

    HugeVector<Pair> pairs_;
    std::size_t mask_ = 0;
    WideWord key_;
    std::array<std::uint8_t, Family::bits> lengths_{};  // in use, ascending
    std::uint32_t count_ = 0;
    unsigned first_length_ = Family::bits;
    Entry fallback_;  // of a prefix of length 0
};

}  // namespace sluice::dataplane
