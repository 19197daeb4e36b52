#include "api/etag.hpp"

#include <gtest/gtest.h>

namespace sluice::api {
namespace {

http::Request with_if_match(const char* tags) {
    http::Request request;
    if (tags != nullptr) request.headers.emplace_back("if-match", tags);
    return request;
}

TEST(Etag, MatchesAnyOfAList) {
    EXPECT_TRUE(matches_etag("\"7\"", "\"7\""));
    EXPECT_TRUE(matches_etag("\"6\", W/\"7\"", "\"7\""));
    EXPECT_TRUE(matches_etag("*", "\"7\""));
    EXPECT_FALSE(matches_etag("7", "\"7\""));
    EXPECT_FALSE(matches_etag("", "\"7\""));
    EXPECT_FALSE(matches_etag("\"77\"", "\"7\""));
}

TEST(Etag, AChangeNeedsThePresentVersion) {
    EXPECT_EQ(check_if_match(with_if_match(nullptr), 7).error().status, 428);
    EXPECT_EQ(check_if_match(with_if_match("\"6\""), 7).error().status, 412);
    EXPECT_TRUE(check_if_match(with_if_match("\"7\""), 7));
    base::Error moved{base::ErrorCode::conflict, "it has moved on", "version", {}};
    EXPECT_EQ(changed_problem(moved).status, 412);
    moved.where = "slug";
    EXPECT_EQ(changed_problem(moved).status, 409);
}

TEST(Etag, OfContentDependsOnIt) {
    EXPECT_EQ(etag_of("a"), etag_of("a"));
    EXPECT_NE(etag_of("a"), etag_of("b"));
    EXPECT_EQ(etag_of("a").size(), 34U);
}

}  // namespace
}  // namespace sluice::api
