#include "mitigation/retry_book.hpp"

#include <gtest/gtest.h>

namespace sluice::mitigation {
namespace {

using namespace std::chrono_literals;

TEST(RetryBook, TheDelayDoublesUpToTheLongest) {
    RetryBook book(100, 500);
    base::Instant now{};
    EXPECT_TRUE(book.due("a", now)) << "it never failed";
    EXPECT_TRUE(book.failed("a", now));
    for (const auto delay : {100ms, 200ms, 400ms, 500ms, 500ms}) {
        EXPECT_FALSE(book.due("a", now + delay - 1ms)) << delay.count();
        now += delay;
        EXPECT_TRUE(book.due("a", now)) << delay.count();
        EXPECT_FALSE(book.failed("a", now)) << "not the first in a row";
    }
    EXPECT_TRUE(book.due("b", now)) << "another route's failures are its own";
    EXPECT_TRUE(book.succeeded("a"));
    EXPECT_FALSE(book.succeeded("a"));
    EXPECT_TRUE(book.failed("a", now)) << "the first again";
}

TEST(RetryBook, ANewSessionMakesAllDue) {
    RetryBook book(100, 500);
    const base::Instant now = base::Instant{} + 1h;
    (void)book.failed("a", now);
    (void)book.failed("b", now);
    int times = 0;
    book.each_time([&](base::Instant at) {
        EXPECT_EQ(at, now + 100ms);
        ++times;
    });
    EXPECT_EQ(times, 2);
    book.make_all_due();
    EXPECT_TRUE(book.due("a", now));
    EXPECT_TRUE(book.due("b", now));
}

TEST(RetryBook, WhatIsOverIsForgotten) {
    RetryBook book(100, 500);
    for (const char* key : {"a", "b", "c"}) (void)book.failed(key, base::Instant{});
    EXPECT_EQ(book.forget([](const std::string& key) { return key != "b"; }),
              (std::vector<std::string>{"a", "c"}));
    EXPECT_TRUE(book.due("a", base::Instant{}));
    EXPECT_FALSE(book.due("b", base::Instant{}));
}

}  // namespace
}  // namespace sluice::mitigation
