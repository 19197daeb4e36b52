#include "dataplane/target_table.hpp"

#include <gtest/gtest.h>

#include <map>

#include "net/prefix_map.hpp"

namespace sluice::dataplane {
namespace {

net::Prefix prefix(const char* text) {
    return net::Prefix::parse(text).value();
}
net::Address address(const char* text) {
    return *net::Address::parse(text);
}
std::uint32_t slot_of(const TargetTable& table, const net::Address& at) {
    const Target* target = table.find(at);
    return target == nullptr ? 0 : target->slot;
}

}  // namespace

TEST(TargetTable, TheLongestPrefixWins) {
    base::SeededRandom random(1);
    const std::vector<TargetTable::Item> items{
        {prefix("203.0.113.0/24"), {1}},  {prefix("203.0.113.9"), {2}},    {prefix("198.51.100.0/25"), {3}},
        {prefix("2001:db8:1::/48"), {4}}, {prefix("2001:db8:1::10"), {5}},
    };
    const auto table = TargetTable::build(items, random).value();
    EXPECT_EQ(slot_of(table, address("203.0.113.9")), 2U);
    EXPECT_EQ(slot_of(table, address("203.0.113.10")), 1U);
    EXPECT_EQ(slot_of(table, address("198.51.100.127")), 3U);
    EXPECT_EQ(slot_of(table, address("198.51.100.128")), 0U);
    EXPECT_EQ(slot_of(table, address("2001:db8:1::10")), 5U);
    EXPECT_EQ(slot_of(table, address("2001:db8:1::11")), 4U);
    EXPECT_EQ(slot_of(table, address("2001:db8:2::10")), 0U);
    EXPECT_EQ(slot_of(TargetTable{}, address("203.0.113.9")), 0U);
}

TEST(TargetTable, RefusesAPrefixThatIsThereTwice) {
    base::SeededRandom random(1);
    const std::vector<TargetTable::Item> items{{prefix("203.0.113.0/24"), {1}},
                                               {prefix("203.0.113.0/24"), {2}}};
    const auto table = TargetTable::build(items, random);
    ASSERT_FALSE(table.has_value());
    EXPECT_NE(table.error().what.find("203.0.113.0/24"), std::string::npos);
}

// Against the plain trie, over many random sets of nested prefixes of all lengths.
TEST(TargetTable, AgreesWithThePrefixMap) {
    base::SeededRandom random(20261121);
    for (int round = 0; round < 200; ++round) {
        std::map<net::Prefix, std::uint32_t> chosen;
        const std::size_t wanted = 1 + random.next() % 60;
        const auto random_address = [&] {
            // Few distinct bytes, so that prefixes nest and addresses hit.
            std::array<std::uint8_t, 16> bytes{};
            for (auto& byte : bytes) byte = static_cast<std::uint8_t>((random.next() % 2) * 0xa5);
            return random.next() % 2 == 0 ? net::Address::v4_from(bytes.data())
                                          : net::Address::v6_from(bytes.data());
        };
        while (chosen.size() < wanted) {
            const net::Address at = random_address();
            const unsigned most = at.is_v4() ? 32 : 128;
            const auto made = net::Prefix::of(at, static_cast<unsigned>(random.next() % (most + 1)));
            chosen.emplace(made, static_cast<std::uint32_t>(chosen.size() + 1));
        }
        net::PrefixMap<std::uint32_t> plain;
        std::vector<TargetTable::Item> items;
        for (const auto& [key, slot] : chosen) {
            plain.insert(key, slot);
            items.push_back({key, {slot}});
        }
        const auto table = TargetTable::build(items, random).value();
        for (int i = 0; i < 500; ++i) {
            const net::Address at = random_address();
            const std::uint32_t* expected = plain.find(at);
            ASSERT_EQ(slot_of(table, at), expected == nullptr ? 0 : *expected)
                << at.to_string() << " in round " << round;
        }
    }
}

}  // namespace sluice::dataplane
