#include "dataplane/firewall/boundary_index.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

namespace sluice::dataplane::firewall {
namespace {

// Trees of every height, at and beside each boundary and at both ends of the numbers, against a binary
// search.
template <class Word>
void compare_with_binary_search(std::size_t count, std::mt19937_64& random) {
    constexpr Word highest = std::numeric_limits<Word>::max();
    std::set<Word> drawn;
    if (random() % 2 == 0) drawn.insert(highest);
    while (drawn.size() < count) drawn.insert(static_cast<Word>(random()));
    const std::vector<Word> boundaries(drawn.begin(), drawn.end());
    Arena arena;
    const auto index = BoundaryIndex<Word>::build(boundaries, arena);
    ASSERT_EQ(index.count(), boundaries.size());
    const auto check = [&](Word x) {
        const auto expected = std::upper_bound(boundaries.begin(), boundaries.end(), x) - boundaries.begin();
        ASSERT_EQ(index.find(arena.data(), x), expected) << boundaries.size() << " boundaries, " << x;
    };
    check(0);
    check(highest);
    for (const Word boundary : boundaries) {
        check(boundary);
        check(static_cast<Word>(boundary - 1));
        check(static_cast<Word>(boundary + 1));
    }
}

TEST(BoundaryIndex, AgreesWithBinarySearch) {
    std::mt19937_64 random(5);
    const auto check = [&](std::size_t count) {
        compare_with_binary_search<std::uint16_t>(count, random);
        compare_with_binary_search<std::uint32_t>(count, random);
        compare_with_binary_search<std::uint64_t>(count, random);
    };
    for (std::size_t count = 0; count < 140; ++count) check(count);
    for (const std::size_t count : {1'023, 1'024, 1'025, 5'000, 16'384, 16'385, 40'000}) check(count);
}

}  // namespace
}  // namespace sluice::dataplane::firewall
