// Address → a small number, for millions of prefixes: the whole space of one family, cut where the longest
// prefix changes. A cut is the first address of a piece and what holds from there on, 6 bytes for IPv4 and 18
// for IPv6; a prefix makes two at most. An index over the leading bits leaves a handful of cuts to search.
//
// Built once, then read from any thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

#include "net/prefix.hpp"

namespace sluice::dataplane::attributes {

__extension__ using Wide = unsigned __int128;

struct Ipv4Space {
    using Word = std::uint32_t;
    static constexpr unsigned bits = 32;
    static constexpr std::size_t buckets = 65'536;

    [[nodiscard]] static Word word(const net::Address& address) { return address.v4_value(); }
    // Never falls while the address rises.
    [[nodiscard]] static std::size_t bucket(Word word) { return word >> 16U; }
};

// Nearly all that is announced lies in 2000::/3: its pieces share the index among themselves.
struct Ipv6Space {
    using Word = Wide;
    static constexpr unsigned bits = 128;
    static constexpr std::size_t buckets = 262'144;

    [[nodiscard]] static Word word(const net::Address& address) {
        std::uint64_t words[2];
        std::memcpy(words, address.bytes().data(), 16);
        return static_cast<Word>(__builtin_bswap64(words[0])) << 64U | __builtin_bswap64(words[1]);
    }
    [[nodiscard]] static std::size_t bucket(Word word) {
        const auto high = static_cast<std::uint32_t>(word >> 96U);
        return (std::clamp(high, 0x2000'0000U, 0x3fff'ffffU) - 0x2000'0000U) >> 11U;
    }
};

template <class Space>
class RangeTable {
  public:
    using Word = typename Space::Word;
    using Value = std::uint16_t;

    // What a prefix says, from `first` to `last`.
    struct Range {
        Word first;
        Word last;
        Value value;
        std::uint32_t line;  // of the file
    };
    [[nodiscard]] static Range range_of(const net::Prefix& prefix, Value value, std::uint32_t line) {
        const Word first = Space::word(prefix.address());
        const unsigned host_bits = Space::bits - prefix.length();
        const Word rest = host_bits == Space::bits ? ~Word{0} : (Word{1} << host_bits) - 1;
        return {first, static_cast<Word>(first | rest), value, line};
    }

    // `ranges` are sorted by `first`, an outer one before those within it, and none is there twice.
    // combine(outer, inner) is what holds where both do; outer 0: there is none.
    template <class Combine>
    void build(const std::vector<Range>& ranges, Combine&& combine) {
        if (ranges.empty()) return;
        starts_.reserve(ranges.size() * 2 + 1);
        values_.reserve(ranges.size() * 2 + 1);
        cut(0, 0);
        std::vector<std::pair<Word, Value>> open;  // the last address, and what holds until there
        const auto close_before = [&](Word first, bool all) {
            while (!open.empty() && (all || open.back().first < first)) {
                const Word last = open.back().first;
                open.pop_back();
                if (last == ~Word{0}) continue;
                cut(last + 1, open.empty() ? Value{0} : open.back().second);
            }
        };
        for (const Range& range : ranges) {
            close_before(range.first, false);
            const Value value = combine(open.empty() ? Value{0} : open.back().second, range.value);
            cut(range.first, value);
            open.emplace_back(range.last, value);
        }
        close_before(0, true);
        starts_.shrink_to_fit();
        values_.shrink_to_fit();
        index();
    }

    // 0: no prefix contains the address.
    [[nodiscard]] Value find(Word word) const {
        if (starts_.empty()) return 0;
        const std::size_t bucket = Space::bucket(word);
        const auto begin = starts_.begin() + index_[bucket];
        const auto end = starts_.begin() + index_[bucket + 1];
        const auto after = std::upper_bound(begin, end, word);
        return values_[static_cast<std::size_t>(after - starts_.begin()) - 1];
    }

    [[nodiscard]] std::size_t bytes() const {
        return starts_.capacity() * sizeof(Word) + values_.capacity() * sizeof(Value) +
               index_.capacity() * sizeof(std::uint32_t);
    }

  private:
    // From `start` on `value` holds.
    void cut(Word start, Value value) {
        if (!starts_.empty() && starts_.back() == start) {
            values_.back() = value;
        } else if (starts_.empty() || values_.back() != value) {
            starts_.push_back(start);
            values_.push_back(value);
        }
    }

    // For each bucket its first cut; the one before it holds until there.
    void index() {
        index_.assign(Space::buckets + 1, 0);
        std::size_t next = 0;
        for (std::size_t bucket = 0; bucket <= Space::buckets; ++bucket) {
            while (next < starts_.size() && Space::bucket(starts_[next]) < bucket) ++next;
            index_[bucket] = static_cast<std::uint32_t>(next);
        }
    }

    std::vector<Word> starts_;  // ascending, from 0
    std::vector<Value> values_;
    std::vector<std::uint32_t> index_;
};

// Both families.
class PrefixRanges {
  public:
    [[nodiscard]] std::uint16_t find(const net::Address& address) const {
        return address.is_v4() ? ipv4.find(Ipv4Space::word(address)) : ipv6.find(Ipv6Space::word(address));
    }
    [[nodiscard]] std::size_t bytes() const { return ipv4.bytes() + ipv6.bytes(); }

    RangeTable<Ipv4Space> ipv4;
    RangeTable<Ipv6Space> ipv6;
};

}  // namespace sluice::dataplane::attributes
