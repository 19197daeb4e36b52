#include "base/outbox.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace sluice::base {
namespace {

TEST(Outbox, TellsInOrderWhatWasAddedMeanwhileToo) {
    Outbox outbox;
    std::vector<int> told;
    outbox.add([&] {
        told.push_back(1);
        outbox.add([&] { told.push_back(3); });
        outbox.deliver();  // by the one that is at it already
        EXPECT_EQ(told.size(), 1U);
    });
    outbox.add([&] { told.push_back(2); });
    EXPECT_TRUE(told.empty());
    outbox.deliver();
    EXPECT_EQ(told, (std::vector<int>{1, 2, 3}));
}

TEST(Outbox, NothingIsLostOrTwiceOrBesideAnother) {
    constexpr int threads = 4;
    constexpr int each = 2000;
    Outbox outbox;
    std::vector<std::vector<int>> told(threads);  // without a lock: one message at a time
    std::vector<std::thread> adding;
    for (int thread = 0; thread < threads; ++thread) {
        adding.emplace_back([&, thread] {
            for (int i = 0; i < each; ++i) {
                outbox.add([&told, thread, i] { told[static_cast<std::size_t>(thread)].push_back(i); });
                outbox.deliver();
            }
        });
    }
    for (auto& thread : adding) thread.join();
    for (const auto& one : told) {
        ASSERT_EQ(one.size(), static_cast<std::size_t>(each));
        for (int i = 0; i < each; ++i) ASSERT_EQ(one[static_cast<std::size_t>(i)], i);
    }
}

}  // namespace
}  // namespace sluice::base
