#include "detection/address_index.hpp"

#include <gtest/gtest.h>

#include <unordered_map>
#include <vector>

#include "base/random.hpp"

namespace sluice::detection {
namespace {

using model::TrafficDirection;

TEST(AddressIndex, AgreesWithAMapThroughInsertionsAndErasures) {
    constexpr std::uint32_t capacity = 1000;
    base::SeededRandom random(7);
    AddressIndex index(capacity, base::SipKey::from(random));
    std::vector<net::Address> slots(capacity);
    std::unordered_map<net::Address, std::uint32_t> reference;
    std::vector<std::uint32_t> free;
    for (std::uint32_t i = capacity; i-- > 0;) free.push_back(i);
    const auto find = [&](const net::Address& address) {
        return index.find(index.tag_of(address, TrafficDirection::inbound),
                          [&](std::uint32_t slot) { return slots[slot] == address; });
    };
    for (int step = 0; step < 200'000; ++step) {
        const auto address = net::Address::v4(static_cast<std::uint32_t>(random.next() % 2000));
        const std::uint32_t tag = index.tag_of(address, TrafficDirection::inbound);
        const auto known = reference.find(address);
        ASSERT_EQ(find(address), known == reference.end() ? AddressIndex::none : known->second);
        if (known == reference.end() && !free.empty()) {
            slots[free.back()] = address;
            index.insert(tag, free.back());
            reference[address] = free.back();
            free.pop_back();
        } else if (known != reference.end() && random.next() % 2 == 0) {
            index.erase(tag, known->second);
            free.push_back(known->second);
            reference.erase(known);
        }
    }
    EXPECT_GT(reference.size(), 500U);
}

TEST(AddressIndex, DirectionsFamiliesAndKeysDiffer) {
    base::SeededRandom random(7);
    const AddressIndex one(16, base::SipKey::from(random));
    const AddressIndex other(16, base::SipKey::from(random));
    const auto v4 = net::Address::v4(0xc0000201);
    const auto v6 = net::Address::parse("2001:db8::1").value();
    EXPECT_NE(one.tag_of(v4, TrafficDirection::inbound), one.tag_of(v4, TrafficDirection::outbound));
    EXPECT_NE(one.tag_of(v6, TrafficDirection::inbound), one.tag_of(v6, TrafficDirection::outbound));
    EXPECT_NE(one.tag_of(v4, TrafficDirection::inbound), other.tag_of(v4, TrafficDirection::inbound));
    EXPECT_NE(one.tag_of(v6, TrafficDirection::inbound), other.tag_of(v6, TrafficDirection::inbound));
}

}  // namespace
}  // namespace sluice::detection
