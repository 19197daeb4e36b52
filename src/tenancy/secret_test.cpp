#include "tenancy/secret.hpp"

#include <gtest/gtest.h>

#include <set>

namespace sluice::tenancy {
namespace {

TEST(Secret, IsRandomAndTellsItsKind) {
    base::SystemRandom random;
    std::set<std::string> seen;
    for (int i = 0; i < 100; ++i) {
        const auto session = make_secret(CredentialKind::session, random);
        const auto token = make_secret(CredentialKind::token, random);
        EXPECT_TRUE(session.starts_with("sls_"));
        EXPECT_TRUE(token.starts_with("slt_"));
        EXPECT_EQ(token.size(), 47U);
        EXPECT_TRUE(seen.insert(session).second);
        EXPECT_TRUE(seen.insert(token).second);
    }
}

TEST(Secret, OnlyWhatCanBeOneIsHashed) {
    base::SeededRandom random(1);
    const auto secret = make_secret(CredentialKind::token, random);
    EXPECT_EQ(hash_of_secret(secret), hash_of_secret(secret));
    std::string other = secret;
    other.back() = other.back() == 'A' ? 'B' : 'A';
    EXPECT_NE(hash_of_secret(other), hash_of_secret(secret));
    EXPECT_FALSE(hash_of_secret(""));
    EXPECT_FALSE(hash_of_secret(secret + "A"));
    EXPECT_FALSE(hash_of_secret("xxx_" + secret.substr(4)));
    EXPECT_FALSE(hash_of_secret(std::string(1 << 20, 'x')));
}

}  // namespace
}  // namespace sluice::tenancy
