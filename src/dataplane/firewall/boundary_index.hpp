// Which of many intervals a number lies in: a static search tree over the intervals' first numbers, as wide
// nodes that are compared at once (16 keys a node; a node of 16-bit ports is half a cache line, of IPv4
// addresses one, of the upper halves of IPv6 addresses two). The root is up to four nodes: in a set that is
// not in the cache, lines side by side arrive together, a level more is one more wait. 16,384 boundaries are
// three levels.
//
// The tree lies in an arena of 64-bit words that belongs to the caller; positions are offsets into it, so
// that all of a tenant's trees lie together.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "dataplane/huge_memory.hpp"

namespace sluice::dataplane::firewall {

using Arena = HugeVector<std::uint64_t>;

// Words are given out in whole cache lines.
inline std::uint32_t arena_take(Arena& arena, std::size_t words) {
    const std::size_t at = arena.size();
    arena.resize(at + (words + 7) / 8 * 8);
    return static_cast<std::uint32_t>(at);
}

template <class Word>
class BoundaryIndex {
  public:
    static constexpr std::uint32_t fanout_bits = 4;
    static constexpr std::uint32_t fanout = 1U << fanout_bits;
    static constexpr std::uint32_t root_keys = 4 * fanout;
    static constexpr std::uint32_t max_height = 5;
    static constexpr std::size_t max_boundaries = 1U << 20U;

    // Ascending, no two alike, at most max_boundaries.
    static BoundaryIndex build(std::span<const Word> boundaries, Arena& arena) {
        BoundaryIndex index;
        index.count_ = static_cast<std::uint32_t>(boundaries.size());
        if (boundaries.empty()) return index;
        std::vector<Word> level(boundaries.begin(), boundaries.end());
        std::vector<std::vector<Word>> levels{level};
        while (levels.back().size() > root_keys) {
            const std::vector<Word>& below = levels.back();
            std::vector<Word> above;
            for (std::size_t i = 0; i < below.size(); i += fanout) above.push_back(below[i]);
            levels.push_back(std::move(above));
        }
        index.height_ = static_cast<std::uint16_t>(levels.size());
        index.root_nodes_ = static_cast<std::uint16_t>((levels.back().size() + fanout - 1) / fanout);
        // From the top down: the first nodes of a small tree share their lines with what is read next.
        for (std::size_t i = levels.size(); i-- > 0;) {
            const std::size_t padded = (levels[i].size() + fanout - 1) / fanout * fanout;
            index.at_[i] = arena_take(arena, padded * sizeof(Word) / sizeof(std::uint64_t));
            Word* words = reinterpret_cast<Word*>(arena.data() + index.at_[i]);
            std::copy(levels[i].begin(), levels[i].end(), words);
            std::fill(words + levels[i].size(), words + padded, std::numeric_limits<Word>::max());
        }
        return index;
    }

    // How many boundaries are not above x: 0 to count().
    [[nodiscard]] std::uint32_t find(const std::uint64_t* arena, Word x) const {
        if (height_ == 0) return 0;
        std::uint32_t level = height_ - 1;
        std::uint32_t not_above = 0;
        for (std::uint32_t node = 0; node < root_nodes_; ++node) not_above += count_in(arena, level, node, x);
        std::uint32_t before = 0;  // keys of the level in earlier nodes
        while (level > 0) {
            // Padding compares like a key when x is the highest number of all.
            const std::uint32_t nodes_below =
                (count_ + (1U << (fanout_bits * level)) - 1) >> (fanout_bits * level);
            const std::uint32_t node =
                std::min(before + not_above - static_cast<std::uint32_t>(not_above != 0), nodes_below - 1);
            --level;
            before = node * fanout;
            not_above = count_in(arena, level, node, x);
        }
        return std::min(before + not_above, count_);
    }

    [[nodiscard]] std::uint32_t count() const { return count_; }
    // Of the first node to be read.
    [[nodiscard]] std::uint32_t top() const { return height_ == 0 ? 0 : at_[height_ - 1]; }

  private:
    [[nodiscard]] std::uint32_t count_in(const std::uint64_t* arena, std::uint32_t level, std::uint32_t node,
                                         Word x) const {
        const Word* keys =
            reinterpret_cast<const Word*>(arena + at_[level]) + static_cast<std::size_t>(node) * fanout;
        std::uint32_t not_above = 0;
        for (std::uint32_t i = 0; i < fanout; ++i) not_above += keys[i] <= x ? 1U : 0U;
        return not_above;
    }

    std::uint32_t count_ = 0;
    std::uint16_t height_ = 0;
    std::uint16_t root_nodes_ = 0;
    std::uint32_t at_[max_height] = {};  // of each level, the leaves first
};

}  // namespace sluice::dataplane::firewall
