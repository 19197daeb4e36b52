#include "apps/controller/finding_inbox.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <span>
#include <string>
#include <thread>
#include <vector>

namespace sluice::apps::controller {
namespace {

model::Finding finding(int number) {
    model::Finding one;
    one.key = std::to_string(number);
    return one;
}

TEST(FindingInbox, WhatComesWhileOthersAreTakenIsTakenTogetherAndInOrder) {
    std::promise<void> entered;
    std::promise<void> go_on;
    std::vector<std::size_t> sizes;
    std::vector<std::string> keys;
    FindingInbox inbox(1000, [&](std::span<const model::Finding> findings) {
        sizes.push_back(findings.size());
        for (const auto& one : findings) keys.push_back(one.key);
        if (sizes.size() > 1) return;
        entered.set_value();
        go_on.get_future().wait();
    });
    inbox.start();
    inbox.add(finding(0));
    entered.get_future().wait();
    for (int i = 1; i < 100; ++i) inbox.add(finding(i));
    go_on.set_value();
    inbox.stop();
    EXPECT_EQ(sizes, (std::vector<std::size_t>{1, 99}));
    ASSERT_EQ(keys.size(), 100U);
    for (int i = 0; i < 100; ++i) EXPECT_EQ(keys[static_cast<std::size_t>(i)], std::to_string(i));
}

TEST(FindingInbox, AFullOneMakesItsSendersWaitAndLosesNothing) {
    std::atomic<std::size_t> taken = 0;
    std::atomic<std::size_t> largest = 0;
    FindingInbox inbox(4, [&](std::span<const model::Finding> findings) {
        taken += findings.size();
        largest = std::max<std::size_t>(largest, findings.size());
    });
    inbox.start();
    {
        const std::jthread other([&] {
            for (int i = 0; i < 500; ++i) inbox.add(finding(i));
        });
        for (int i = 0; i < 500; ++i) inbox.add(finding(i));
    }
    inbox.stop();
    EXPECT_EQ(taken, 1000U);
    EXPECT_LE(largest, 4U);
    inbox.add(finding(0));  // nobody takes it, and nobody waits for that
    EXPECT_EQ(taken, 1000U);
}

}  // namespace
}  // namespace sluice::apps::controller
