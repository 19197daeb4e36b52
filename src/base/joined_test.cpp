#include "base/joined.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace sluice::base {
namespace {

TEST(Joined, PutsTheSeparatorBetweenOnly) {
    EXPECT_EQ(joined({}), "");
    EXPECT_EQ(joined(std::vector<std::string>{"a"}), "a");
    EXPECT_EQ(joined(std::vector<std::string>{"a", "", "b"}), "a, , b");
    EXPECT_EQ(joined(std::vector<std::string>{"", "b"}, "; "), "; b");
}

}  // namespace
}  // namespace sluice::base
