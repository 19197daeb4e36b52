#include "net/prefix.hpp"

#include <gtest/gtest.h>

#include "base/random.hpp"
#include "net/prefix_map.hpp"

namespace sluice::net {
namespace {

Prefix prefix(std::string_view text) {
    return Prefix::parse(text).value();
}
Address address(std::string_view text) {
    return Address::parse(text).value();
}

TEST(Address, RoundTripsBothFamilies) {
    for (const char* text : {"192.0.2.1", "0.0.0.0", "2001:db8::1", "::1", "::"}) {
        EXPECT_EQ(address(text).to_string(), text);
    }
    EXPECT_TRUE(address("192.0.2.1").is_v4());
    EXPECT_FALSE(address("2001:db8::1").is_v4());
    EXPECT_EQ(address("192.0.2.1").v4_value(), 0xc0000201U);
    for (const char* text : {"", "192.0.2", "192.0.2.256", "x::y", "1.2.3.4/8"}) {
        EXPECT_FALSE(Address::parse(text).has_value()) << text;
    }
}

TEST(Prefix, ContainsAndOverlaps) {
    EXPECT_TRUE(prefix("192.0.2.0/24").contains(address("192.0.2.255")));
    EXPECT_FALSE(prefix("192.0.2.0/25").contains(address("192.0.2.128")));
    EXPECT_TRUE(prefix("2001:db8::/33").contains(address("2001:db8:7fff::1")));
    EXPECT_FALSE(prefix("2001:db8::/33").contains(address("2001:db8:8000::1")));
    EXPECT_FALSE(prefix("::/1").contains(address("192.0.2.1")) && prefix("::/1").is_v4());
    EXPECT_TRUE(prefix("192.0.2.0/24").overlaps(prefix("192.0.2.7/32")));
    EXPECT_EQ(prefix("192.0.2.7").to_string(), "192.0.2.7/32");
}

TEST(Prefix, RefusesHostBitsAndSaysWhatToWrite) {
    const auto refused = Prefix::parse("192.0.2.1/24");
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().hint, "write 192.0.2.0/24");
    for (const char* text : {"192.0.2.0/33", "192.0.2.0/", "192.0.2.0/x", "2001:db8::/129", "/24"}) {
        EXPECT_FALSE(Prefix::parse(text).has_value()) << text;
    }
}

// Against the obvious: walk all prefixes and keep the longest.
TEST(PrefixMap, FindsTheLongestLikeALinearSearch) {
    base::SeededRandom random(7);
    PrefixMap<int> map;
    std::vector<std::pair<Prefix, int>> plain;
    const auto random_address = [&](bool v4) {
        if (v4) return Address::v4(0x0a000000U | static_cast<std::uint32_t>(random.next() & 0x0303ffU));
        auto bytes = address("2001:db8::").bytes();
        for (unsigned i = 4; i < 16; ++i) bytes[i] = static_cast<std::uint8_t>(random.next() & 3U);
        return Address::v6_from(bytes.data());
    };
    for (int i = 0; i < 2000; ++i) {
        const bool v4 = i % 2 == 0;
        const Prefix p =
            Prefix::of(random_address(v4), static_cast<unsigned>(random.next() % (v4 ? 33 : 129)));
        map.insert(p, i);
        plain.emplace_back(p, i);
    }
    for (int i = 0; i < 5000; ++i) {
        const Address a = random_address(i % 2 == 0);
        const std::pair<Prefix, int>* best = nullptr;
        for (const auto& entry : plain) {
            if (entry.first.is_v4() == a.is_v4() && entry.first.contains(a) &&
                (best == nullptr || entry.first.bits() >= best->first.bits())) {
                best = &entry;
            }
        }
        const int* found = map.find(a);
        ASSERT_EQ(found == nullptr, best == nullptr) << a.to_string();
        if (best != nullptr) {
            ASSERT_EQ(*found, best->second) << a.to_string();
        }
    }
}

}  // namespace
}  // namespace sluice::net
