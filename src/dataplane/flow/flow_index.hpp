// Hash → flow number: two candidate buckets a key, each one cache line of eight entries. An entry is a 16-bit
// tag and the number; the owner compares the tuples themselves. A bucket's second choice is computed from the
// tag alone (Fan, Andersen, Kaminsky and Mitzenmacher, "Cuckoo Filter", 2014), so that entries can be moved
// without asking whose they are.
//
// Unlike there the first place is taken while it has room, and a bucket counts those that it had to send
// away: a search, also a vain one, reads one line unless that count says otherwise.
//
// The hash must be keyed: who can aim at a bucket can fill it. One worker's own. Allocates at construction
// only.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "dataplane/huge_memory.hpp"

namespace sluice::dataplane::flow {

inline constexpr std::uint32_t no_flow = 0xffffffff;

class FlowIndex {
  public:
    static constexpr std::size_t ways = 8;

    explicit FlowIndex(std::size_t entries)
        : buckets_(std::max<std::size_t>(2, (entries + ways - 1) / ways)) {}

    void prefetch(std::uint64_t hash) const { __builtin_prefetch(&buckets_[first(hash)], 1); }

    // The number of an entry with this hash's tag, or no_flow. That it is the right one is likely, not sure.
    [[nodiscard]] std::uint32_t candidate(std::uint64_t hash) const {
        return find(hash, [](std::uint32_t) { return true; });
    }

    // The first number that has the tag and of which is_it(number) is true; no_flow when there is none.
    template <class IsIt>
    [[nodiscard]] std::uint32_t find(std::uint64_t hash, IsIt&& is_it) const {
        const std::size_t at = first(hash);
        const std::uint16_t tag = tag_of(hash);
        const std::uint32_t found = buckets_[at].find(tag, is_it);
        if (found != no_flow || buckets_[at].sent_away == 0) return found;
        return buckets_[other(at, tag)].find(tag, is_it);
    }

    // False when there is no room, not even by moving one entry of either bucket.
    [[nodiscard]] bool insert(std::uint64_t hash, std::uint32_t number);
    // False when it is not there.
    bool erase(std::uint64_t hash, std::uint32_t number);

    [[nodiscard]] std::size_t bytes() const { return buckets_.size() * sizeof(Bucket); }

  private:
    using Tags = std::uint16_t __attribute__((vector_size(16)));
    using Narrow = std::int8_t __attribute__((vector_size(8)));

    struct alignas(64) Bucket {
        std::array<std::uint16_t, ways> tags{};  // 0: free
        std::array<std::uint32_t, ways> numbers{};
        std::uint8_t guests = 0;  // bit i: entry i has its first place elsewhere
        std::uint8_t sent_away = 0;

        // Bits of the ways that have this tag, eight a way.
        [[nodiscard]] std::uint64_t matches(std::uint16_t tag) const {
            Tags own;
            std::memcpy(&own, tags.data(), sizeof(own));
            const auto equal = __builtin_convertvector(own == tag, Narrow);
            std::uint64_t out = 0;
            std::memcpy(&out, &equal, sizeof(out));
            return out;
        }
        template <class IsIt>
        [[nodiscard]] std::uint32_t find(std::uint16_t tag, IsIt&& is_it) const {
            for (std::uint64_t bits = matches(tag); bits != 0;) {
                const auto way = static_cast<std::size_t>(std::countr_zero(bits)) / 8;
                const std::uint32_t number = numbers[way];
                if (is_it(number)) return number;
                bits &= ~(0xffULL << (way * 8));
            }
            return no_flow;
        }
        // `ways` when all are taken.
        [[nodiscard]] std::size_t room() const {
            return static_cast<std::size_t>(std::countr_zero(matches(0))) / 8;
        }
        void put(std::size_t way, std::uint16_t tag, std::uint32_t number, bool guest) {
            tags[way] = tag;
            numbers[way] = number;
            const unsigned bit = 1U << way;
            guests = static_cast<std::uint8_t>(guest ? guests | bit : guests & ~bit);
        }
        [[nodiscard]] bool guest(std::size_t way) const { return (guests >> way & 1U) != 0; }
    };
    static_assert(sizeof(Bucket) == 64);

    [[nodiscard]] static std::uint16_t tag_of(std::uint64_t hash) {
        const auto tag = static_cast<std::uint16_t>(hash);
        return tag == 0 ? 1 : tag;
    }
    [[nodiscard]] std::size_t first(std::uint64_t hash) const {
        return (hash >> 32U) * buckets_.size() >> 32U;
    }
    // Its own inverse.
    [[nodiscard]] std::size_t other(std::size_t at, std::uint16_t tag) const {
        const std::size_t sum = (tag * 0x9e3779b97f4a7c15ULL >> 32U) * buckets_.size() >> 32U;
        return sum >= at ? sum - at : sum + buckets_.size() - at;
    }
    [[nodiscard]] bool make_room(std::size_t at);
    static void came_home(Bucket& home) {
        if (home.sent_away != 0xff) --home.sent_away;  // at 255 it has lost count, and stays
    }
    static void went_away(Bucket& home) {
        if (home.sent_away != 0xff) ++home.sent_away;
    }

    HugeVector<Bucket> buckets_;
};

}  // namespace sluice::dataplane::flow
