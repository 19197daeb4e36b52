#include "base/id.hpp"

#include <gtest/gtest.h>

namespace sluice::base {

struct DogTag {
    static constexpr std::string_view prefix = "dog";
};
using DogId = Id<DogTag>;

TEST(Id, RoundTripsItsText) {
    EXPECT_EQ(DogId(12).to_string(), "dog-12");
    EXPECT_EQ(DogId::parse("dog-12"), DogId(12));
}

TEST(Id, RefusesOtherKindsAndOddNumbers) {
    for (const char* text :
         {"", "dog", "dog-", "cat-1", "dog-0", "dog-01", "dog-1x", "dog--1", "dog-99999999999999999999"}) {
        EXPECT_FALSE(DogId::parse(text).has_value()) << text;
    }
}

}  // namespace sluice::base
