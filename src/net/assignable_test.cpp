#include "net/assignable.hpp"

#include <gtest/gtest.h>

namespace sluice::net {

TEST(Assignable, TakesWhatACustomerMayHave) {
    for (const auto* text :
         {"192.0.2.0/24", "10.0.0.0/8", "2001:db8::/32", "fd00::/16", "198.51.100.7", "100.64.0.0/10"})
        EXPECT_TRUE(check_assignable(Prefix::parse(text).value())) << text;
}

TEST(Assignable, RefusesSpecialPurposesAndMistakes) {
    for (const auto* text : {"0.0.0.0/0", "127.0.0.1", "224.0.0.0/24", "240.0.0.0/8", "169.254.1.0/24",
                             "::/0", "::1", "fe80::/64", "ff02::/16", "2000::/3", "0.1.0.0/16"})
        EXPECT_FALSE(check_assignable(Prefix::parse(text).value())) << text;
}

}  // namespace sluice::net
