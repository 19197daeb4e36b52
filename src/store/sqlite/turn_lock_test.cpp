#include "store/sqlite/turn_lock.hpp"

#include <gtest/gtest.h>

#include <mutex>
#include <thread>
#include <vector>

#include "base/testing/eventually.hpp"

namespace sluice::store::sqlite {
namespace {

TEST(TurnLock, OneIsInside) {
    TurnLock lock;
    int inside = 0;
    int count = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            for (int n = 0; n < 1000; ++n) {
                const std::lock_guard guard(lock);
                EXPECT_EQ(++inside, 1);
                ++count;
                --inside;
            }
        });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(count, 4000);
    EXPECT_EQ(lock.wanted(), 0U);
}

// Also before the one that was inside and asks again at once.
TEST(TurnLock, WhoAskedFirstIsFirst) {
    TurnLock lock;
    std::vector<int> order;
    lock.lock();
    std::vector<std::thread> threads;
    for (int n = 1; n <= 5; ++n) {
        threads.emplace_back([&, n] {
            const std::lock_guard guard(lock);
            order.push_back(n);
        });
        ASSERT_TRUE(base::testing::eventually([&] { return lock.wanted() == 1U + threads.size(); }));
    }
    lock.unlock();
    lock.lock();
    order.push_back(6);
    lock.unlock();
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(order, (std::vector{1, 2, 3, 4, 5, 6}));
}

}  // namespace
}  // namespace sluice::store::sqlite
