#include "api/webhooks/public_address.hpp"

#include <gtest/gtest.h>

namespace sluice::api::webhooks {
namespace {

TEST(PublicAddress, TellsOursFromTheInternets) {
    for (const auto* text : {"127.0.0.1", "10.1.2.3", "192.168.1.1", "172.16.0.1", "169.254.169.254",
                             "0.0.0.0", "100.64.0.1", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1",
                             "fc00::1", "ff02::1", "2002::1", "64:ff9b::a00:1"}) {
        EXPECT_FALSE(is_public(*net::Address::parse(text))) << text;
    }
    for (const auto* text : {"8.8.8.8", "172.32.0.1", "2606:4700::1111"}) {
        EXPECT_TRUE(is_public(*net::Address::parse(text))) << text;
    }
    // IPv4 in IPv6 is IPv4 here, whatever way it was written.
    EXPECT_FALSE(is_public(*net::Address::parse("::ffff:127.0.0.1")));
}

TEST(PublicAddress, OfAHost) {
    EXPECT_EQ(resolve_callable("127.0.0.1", false).error().code, base::ErrorCode::forbidden);
    EXPECT_EQ(resolve_callable("localhost", false).error().code, base::ErrorCode::forbidden);
    EXPECT_TRUE(resolve_callable("127.0.0.1", true));
    EXPECT_TRUE(resolve_callable("8.8.8.8", false));
}

}  // namespace
}  // namespace sluice::api::webhooks
