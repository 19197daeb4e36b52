#include "tenancy/password_hasher.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace sluice::tenancy {
namespace {

constexpr PasswordHasher::Config cheap{.operations = 1, .memory_bytes = 8192};

TEST(PasswordHasher, KnowsItsOwnAndNoOther) {
    PasswordHasher hasher(cheap);
    const auto hash = hasher.hash("correct horse").value();
    EXPECT_TRUE(hash.starts_with("$argon2id$v=19$m=8,t=1,p=1$")) << hash;
    EXPECT_TRUE(hasher.verify(hash, "correct horse").value());
    EXPECT_FALSE(hasher.verify(hash, "correct horsf").value());
    EXPECT_FALSE(hasher.verify(hash, "").value());
    EXPECT_FALSE(hasher.verify("", "").value()) << "no hash, no way in";
    EXPECT_FALSE(hasher.verify("nonsense", "x").value());
    EXPECT_FALSE(hasher.verify(std::string(1000, '$'), "x").value());
    EXPECT_NE(hasher.hash("correct horse").value(), hash);
}

TEST(PasswordHasher, OldHashesOutliveNewSettings) {
    const auto hash = PasswordHasher(cheap).hash("x").value();
    PasswordHasher stronger({.operations = 2, .memory_bytes = 16'384});
    EXPECT_TRUE(stronger.verify(hash, "x").value());
}

TEST(PasswordHasher, TooManyAtATimeAreTurnedAway) {
    PasswordHasher hasher(
        {.operations = 1, .memory_bytes = 8U << 20U, .max_concurrent = 1, .max_waiting = 1});
    std::atomic<int> refused{0};
    std::atomic<int> made{0};
    std::vector<std::jthread> threads;
    for (int i = 0; i < 12; ++i) {
        threads.emplace_back([&] {
            const auto hash = hasher.hash("x");
            if (hash) ++made;
            if (!hash && hash.error().code == base::ErrorCode::exhausted) ++refused;
        });
    }
    threads.clear();
    EXPECT_EQ(made + refused, 12);
    EXPECT_GE(made, 1);
    EXPECT_TRUE(hasher.hash("afterwards"));
}

TEST(PasswordHasher, RefusesSenselessSettings) {
    EXPECT_TRUE(PasswordHasher::validate({}));
    EXPECT_FALSE(PasswordHasher::validate({.operations = 0}));
    EXPECT_FALSE(PasswordHasher::validate({.memory_bytes = 100}));
    EXPECT_FALSE(PasswordHasher::validate({.max_concurrent = 0}));
}

}  // namespace
}  // namespace sluice::tenancy
