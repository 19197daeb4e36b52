#include "dataplane/attach/routes.hpp"

#include <gtest/gtest.h>

#include "base/random.hpp"

namespace sluice::dataplane::attach {
namespace {

net::Address address(const char* text) {
    return net::Address::parse(text).value();
}
net::Prefix prefix(const char* text) {
    return net::Prefix::parse(text).value();
}

}  // namespace

TEST(Routes, LongestPrefixOfBothFamilies) {
    const std::vector<Routes::Item> items{
        {prefix("10.0.0.0/8"), 1},      {prefix("10.20.0.0/16"), 2},      {prefix("10.20.30.0/24"), 1},
        {prefix("2001:db8:1::/48"), 3}, {prefix("2001:db8:1:2::/64"), 4}, {prefix("255.255.255.255"), 5},
    };
    const Routes routes = Routes::build(items);
    EXPECT_EQ(routes.find(address("9.255.255.255")), internet);
    EXPECT_EQ(routes.find(address("10.0.0.0")), 1);
    EXPECT_EQ(routes.find(address("10.19.255.255")), 1);
    EXPECT_EQ(routes.find(address("10.20.0.0")), 2);
    EXPECT_EQ(routes.find(address("10.20.30.1")), 1);
    EXPECT_EQ(routes.find(address("10.20.31.0")), 2);
    EXPECT_EQ(routes.find(address("10.255.255.255")), 1);
    EXPECT_EQ(routes.find(address("11.0.0.0")), internet);
    EXPECT_EQ(routes.find(address("2001:db8:1:1:ffff:ffff:ffff:ffff")), 3);
    EXPECT_EQ(routes.find(address("2001:db8:1:2::")), 4);
    EXPECT_EQ(routes.find(address("2001:db8:2::")), internet);
    EXPECT_EQ(routes.find(address("255.255.255.255")), 5);
    EXPECT_EQ(routes.find(address("::1:0:0:0")), internet);
}

TEST(Routes, NoneMeansInternet) {
    EXPECT_EQ(Routes{}.find(address("10.0.0.1")), internet);
    EXPECT_EQ(Routes::build({}).find(address("::1")), internet);
}

// Against asking every prefix.
TEST(Routes, AgreeWithAPlainSearch) {
    const std::uint64_t seed = 20'261'121;
    base::SeededRandom random(seed);
    for (int round = 0; round < 50; ++round) {
        std::vector<Routes::Item> items;
        for (int i = 0; i < 40; ++i) {
            const auto v4 =
                net::Address::v4(0x0a000000U | static_cast<std::uint32_t>(random.next() & 0xffffU));
            const auto made = net::Prefix::of(v4, 16 + static_cast<unsigned>(random.next() % 17));
            items.emplace_back(made, static_cast<NetworkIndex>(1 + random.next() % 9));
        }
        const Routes routes = Routes::build(items);
        for (int i = 0; i < 400; ++i) {
            const auto asked =
                net::Address::v4(0x0a000000U | static_cast<std::uint32_t>(random.next() & 0x1ffffU));
            NetworkIndex expected = internet;
            int longest = -1;
            for (const auto& [one, network] : items) {
                if (!one.contains(asked) || static_cast<int>(one.bits()) < longest) continue;
                longest = static_cast<int>(one.bits());
                expected = network;
            }
            ASSERT_EQ(routes.find(asked), expected)
                << asked.to_string() << ", seed " << seed << ", round " << round;
        }
    }
}

}  // namespace sluice::dataplane::attach
