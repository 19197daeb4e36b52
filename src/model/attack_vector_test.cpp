#include "model/attack_vector.hpp"

#include <gtest/gtest.h>

#include <set>

namespace sluice::model {

TEST(AttackVector, NamesAreUniqueAndRoundTrip) {
    std::set<std::string_view> names;
    for (const auto& row : attack_vectors()) {
        EXPECT_TRUE(names.insert(row.name).second) << row.name;
        EXPECT_EQ(parse_attack_vector(row.name), row.vector);
    }
    EXPECT_FALSE(parse_attack_vector("no-such").has_value());
}

TEST(AttackVector, KnowsReflectorsByTheirPort) {
    EXPECT_EQ(reflection_vector(53), AttackVector::dns);
    EXPECT_EQ(reflection_vector(37810), AttackVector::dhcpdiscover);
    EXPECT_EQ(reflection_vector(4500), AttackVector::isakmp) << "IKE behind NAT, RFC 3947";
    EXPECT_FALSE(reflection_vector(0).has_value());
    EXPECT_FALSE(reflection_vector(443).has_value());
}

}  // namespace sluice::model
