#include "tenancy/login_throttle.hpp"

#include <gtest/gtest.h>

namespace sluice::tenancy {
namespace {

base::Instant at(int seconds) {
    return base::Instant{std::chrono::seconds{1000 + seconds}};
}

TEST(LoginThrottle, ClosesForTheRestOfTheWindow) {
    LoginThrottle throttle({.of_pair = 3, .window_s = 60});
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(throttle.closed_for_s("anna", "192.0.2.1", at(i)), 0U);
        throttle.failed("anna", "192.0.2.1", at(i));
    }
    EXPECT_EQ(throttle.closed_for_s("anna", "192.0.2.1", at(10)), 50U);
    EXPECT_EQ(throttle.closed_for_s("ANNA", "192.0.2.1", at(10)), 50U) << "the same login";
    EXPECT_EQ(throttle.closed_for_s("anna", "192.0.2.2", at(10)), 0U);
    EXPECT_EQ(throttle.closed_for_s("bert", "192.0.2.1", at(10)), 0U);
    EXPECT_EQ(throttle.closed_for_s("anna", "192.0.2.1", at(60)), 0U);
}

TEST(LoginThrottle, ASuccessForgetsThePairOnly) {
    LoginThrottle throttle({.of_pair = 3, .of_address = 4, .window_s = 60});
    for (int i = 0; i < 2; ++i) throttle.failed("anna", "192.0.2.1", at(0));
    throttle.succeeded("anna", "192.0.2.1");
    for (int i = 0; i < 2; ++i) throttle.failed("anna", "192.0.2.1", at(1));
    EXPECT_EQ(throttle.closed_for_s("anna", "192.0.2.1", at(2)), 58U) << "the address has failed four times";
    EXPECT_EQ(throttle.closed_for_s("other", "192.0.2.1", at(2)), 58U);
}

TEST(LoginThrottle, MemoryIsBoundedWhoeverTries) {
    LoginThrottle throttle({.window_s = 60, .max_remembered = 100});
    for (int i = 0; i < 10'000; ++i)
        throttle.failed("login" + std::to_string(i), "address" + std::to_string(i), at(0));
    EXPECT_LE(throttle.remembered(), 100U);
    throttle.failed("late", "late", at(100));
    EXPECT_LE(throttle.remembered(), 100U);
    EXPECT_GE(throttle.remembered(), 3U);
}

}  // namespace
}  // namespace sluice::tenancy
