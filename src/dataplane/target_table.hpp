// Destination address → target: longest-prefix match for both families by binary search over the prefix
// lengths in use (Waldvogel, Varghese, Turner and Plattner, 1997) in one hash table. A step is one cache
// line; with the usual lengths (/24 and /32, /48 and /128) there are two. Markers carry the best match of the
// way so far, so that no search goes back.
//
// Built once, then read from any thread. 32 bytes an entry, a marker is an entry.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "base/random.hpp"
#include "base/result.hpp"
#include "net/prefix.hpp"

namespace sluice::dataplane {

// What a destination means to the stages; the rest is found by index.
struct Target {
    std::uint32_t slot = 0;         // of counters and meters
    std::uint32_t serial = 0;       // unique for ever; part of every key about this target
    std::uint32_t filter_list = 0;  // of the tenant; 0: none
    std::uint16_t profile = 0;
    // The table's own: of the entry that holds this target.
    std::uint8_t entry_length = 0;
    std::uint8_t entry_flags = 0;
};

class TargetTable {
  public:
    struct Item {
        net::Prefix prefix;
        Target target;
    };
    // A prefix may appear once.
    [[nodiscard]] static base::Result<TargetTable> build(std::span<const Item> items, base::Random& random);

    TargetTable() : entries_(1) {}

    // nullptr when no prefix contains the address.
    [[nodiscard]] const Target* find(const net::Address& address) const {
        const Words words = words_of(address);
        const Steps& steps = steps_[address.is_v4() ? 1 : 0];
        const Target* best = steps.fallback.entry_flags != 0 ? &steps.fallback : nullptr;
        std::uint32_t low = 0;
        std::uint32_t high = steps.count;
        while (low < high) {
            const std::uint32_t middle = (low + high) / 2;
            const Target* found = probe(words, steps.lengths[middle]);
            if (found == nullptr) {
                high = middle;
            } else {
                if ((found->entry_flags & has_target) != 0) best = found;
                low = middle + 1;
            }
        }
        return best;
    }

    // Asks for the line of the first step.
    void prefetch(const net::Address& address) const {
        const Steps& steps = steps_[address.is_v4() ? 1 : 0];
        if (steps.count == 0) return;
        const std::uint8_t length = steps.lengths[steps.count / 2];
        __builtin_prefetch(&entries_[index_of(masked(words_of(address), length), length)]);
    }

    [[nodiscard]] std::size_t bytes() const { return entries_.size() * sizeof(Entry); }

  private:
    // The address as two numbers, the first bit of the address the highest.
    struct Words {
        std::uint64_t high = 0;
        std::uint64_t low = 0;
        bool operator==(const Words&) const = default;
    };
    static constexpr std::uint8_t taken = 1;
    static constexpr std::uint8_t has_target = 2;  // its own; or, of a marker, the best on the way to it
    static constexpr std::uint8_t is_prefix = 4;   // an item
    static constexpr std::uint8_t is_marker = 8;   // only says that there are longer ones
    struct alignas(32) Entry {
        Words words;
        Target target;
    };
    static_assert(sizeof(Entry) == 32);
    struct Steps {
        std::array<std::uint8_t, 129> lengths{};  // in the 128 bits that both families share, ascending
        std::uint32_t count = 0;
        Target fallback;  // of a prefix of length 0
    };

    static Words words_of(const net::Address& address) {
        Words words;
        std::memcpy(&words, address.bytes().data(), 16);
        return {__builtin_bswap64(words.high), __builtin_bswap64(words.low)};
    }
    // length: 1 to 128
    static Words masked(Words words, unsigned length) {
        if (length <= 64) return {words.high & (~0ULL << (64 - length)), 0};
        return {words.high, words.low & (~0ULL << (128 - length))};
    }
    [[nodiscard]] std::size_t index_of(const Words& words, unsigned length) const {
        const auto product = static_cast<unsigned __int128>(words.low ^ key_low_) *
                             ((words.high ^ key_high_) + length * 0x9e3779b97f4a7c15ULL);
        return (static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U)) & mask_;
    }
    [[nodiscard]] const Target* probe(const Words& words, unsigned length) const {
        const Words wanted = masked(words, length);
        for (std::size_t i = index_of(wanted, length);; i = (i + 1) & mask_) {
            const Entry& entry = entries_[i];
            if (entry.words == wanted && entry.target.entry_length == length) return &entry.target;
            if (entry.target.entry_flags == 0) return nullptr;
        }
    }
    Target& place(const Words& words, unsigned length);
    [[nodiscard]] bool insert(const Item& item);  // false: it was there
    [[nodiscard]] const Target* best_up_to(const Words& words, const Steps& steps, unsigned longest) const;

    std::vector<Entry> entries_;
    std::size_t mask_ = 0;
    std::uint64_t key_high_ = 0;
    std::uint64_t key_low_ = 0;
    std::array<Steps, 2> steps_;  // 0: IPv6, 1: IPv4
};

}  // namespace sluice::dataplane
