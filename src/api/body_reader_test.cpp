#include "api/body_reader.hpp"

#include <gtest/gtest.h>

#include "model/ids.hpp"

namespace sluice::api {
namespace {

Outcome<BodyReader> parse(std::string text) {
    http::Request request;
    request.body = std::move(text);
    return BodyReader::parse(request);
}

std::vector<std::string> pointers(const Problem& problem) {
    std::vector<std::string> list;
    for (const auto& error : problem.errors) list.push_back(error.pointer);
    return list;
}

TEST(BodyReader, ReadsWhatItIsAskedFor) {
    auto body = parse(
        R"({"name":"Ä","rate":5,"on":true,"id":"tenant-7","none":null,"at":"2026-11-21T09:44:15Z","list":["a","b"]})");
    ASSERT_TRUE(body);
    EXPECT_EQ(body->text("name", 1, 1), "Ä");  // characters, not bytes
    EXPECT_EQ(body->number("rate", 1, 5), 5U);
    EXPECT_EQ(body->optional_boolean("on"), true);
    EXPECT_EQ(body->nullable_id<model::TenantId>("id"), model::TenantId(7));
    EXPECT_EQ(body->nullable_id<model::TenantId>("none"), std::nullopt);
    EXPECT_TRUE(body->optional_time("at"));
    EXPECT_EQ(body->text_list("list", 2, 1), (std::vector<std::string>{"a", "b"}));
    EXPECT_TRUE(body->finish());
}

TEST(BodyReader, TellsEverythingThatIsWrongAtOnce) {
    auto body = parse(R"({"name":7,"rate":-1,"flag":"yes","extra":1,"id":"site-1","list":[1]})");
    ASSERT_TRUE(body);
    (void)body->text("name", 1, 10);
    (void)body->number("rate", 1, 5);
    (void)body->optional_boolean("flag");
    (void)body->nullable_id<model::TenantId>("id");
    (void)body->text_list("list", 4, 4);
    (void)body->text("absent", 1, 10);
    const auto done = body->finish();
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().status, 422);
    EXPECT_EQ(pointers(done.error()),
              (std::vector<std::string>{"/name", "/rate", "/flag", "/id", "/list/0", "/absent", "/extra"}));
    EXPECT_NE(done.error().errors.back().detail.find("name"), std::string::npos)
        << "says what there is instead";
}

TEST(BodyReader, RefusesWhatIsNoObject) {
    EXPECT_EQ(parse("{").error().status, 400);
    EXPECT_EQ(parse("nonsense").error().status, 400);
    EXPECT_EQ(parse("{\"a\":\"\xff\"}").error().status, 400);
    EXPECT_EQ(parse("[1]").error().status, 422);
    EXPECT_EQ(parse("3").error().status, 422);
}

TEST(BodyReader, RefusesARepeatedKey) {
    const auto body = parse(R"({"consent":"off","consent":"auto"})");
    ASSERT_FALSE(body);
    EXPECT_EQ(body.error().errors.front().pointer, "/consent");
}

TEST(BodyReader, RefusesDepth) {
    std::string deep = "{\"a\":";
    for (int i = 0; i < 10'000; ++i) deep += '[';
    for (int i = 0; i < 10'000; ++i) deep += ']';
    EXPECT_EQ(parse(deep + "}").error().status, 422);
}

TEST(BodyReader, AnEmptyBodyIsAnEmptyObject) {
    auto body = parse("");
    ASSERT_TRUE(body);
    EXPECT_EQ(body->optional_text("reason", 0, 5), std::nullopt);
    EXPECT_TRUE(body->finish());
}

}  // namespace
}  // namespace sluice::api
