#include "api/idempotency.hpp"

#include <gtest/gtest.h>

namespace sluice::api {
namespace {

using Verdict = IdempotencyBook::Verdict;

class Idempotency : public ::testing::Test {
  protected:
    base::ManualClock clock_;
    IdempotencyBook book_{{.max_answers = 3}, clock_};
};

TEST_F(Idempotency, GivesTheFirstAnswerAgain) {
    EXPECT_EQ(book_.begin("user-1 a", "x").verdict, Verdict::begin);
    EXPECT_EQ(book_.begin("user-1 a", "x").verdict, Verdict::busy);
    book_.finish("user-1 a", {.status = 201, .body = "made"});
    const auto again = book_.begin("user-1 a", "x");
    EXPECT_EQ(again.verdict, Verdict::repeat);
    EXPECT_EQ(again.answer.status, 201);
    EXPECT_EQ(again.answer.body, "made");
    EXPECT_EQ(book_.begin("user-1 a", "y").verdict, Verdict::misuse);
    EXPECT_EQ(book_.begin("user-2 a", "x").verdict, Verdict::begin);
}

TEST_F(Idempotency, AServerErrorMayBeTriedAgain) {
    (void)book_.begin("k", "x");
    book_.finish("k", {.status = 500});
    EXPECT_EQ(book_.begin("k", "x").verdict, Verdict::begin);
}

TEST_F(Idempotency, ForgetsTheOldest) {
    for (const auto* key : {"a", "b", "c", "d", "e"}) {
        (void)book_.begin(key, "x");
        book_.finish(key, {.status = 201});
        clock_.advance(std::chrono::seconds(1));
    }
    EXPECT_EQ(book_.begin("a", "x").verdict, Verdict::begin) << "made room";
    EXPECT_EQ(book_.begin("e", "x").verdict, Verdict::repeat);
    clock_.advance(std::chrono::hours(25));
    EXPECT_EQ(book_.begin("e", "x").verdict, Verdict::begin) << "too old";
}

}  // namespace
}  // namespace sluice::api
