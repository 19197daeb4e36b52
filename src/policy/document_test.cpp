#include "policy/document.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policy/embedded_schemas.hpp"
#include "policy/schema.hpp"

namespace sluice::policy {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string problems_of(std::string_view text, std::string_view schema = "config.schema.json",
                        const DocumentLimits& limits = {}) {
    const auto document = read_document(text, "f.yaml", schema, limits);
    return document ? "" : document.error().text();
}

TEST(Document, EveryEmbeddedSchemaCompiles) {
    ASSERT_EQ(embedded_schemas().size(), 2U);
    for (const auto& embedded : embedded_schemas()) {
        const auto schema = detail::compile_schema(embedded.text, embedded.name);
        EXPECT_TRUE(schema) << schema.error().message();
    }
}

TEST(Document, ReadsValuesWithTheirLines) {
    const auto document =
        read_document("# comment\ncollector:\n  name: vienna-1\n  metrics: 127.0.0.1:9101\n", "f.yaml",
                      "config.schema.json");
    ASSERT_TRUE(document) << document.error().text();
    const Node section = document->at("collector");
    EXPECT_EQ(section.get<std::string>("name"), "vienna-1");
    EXPECT_EQ(section.get<std::string>("log_level", "info"), "info");
    EXPECT_EQ(section.at("metrics").where(), "f.yaml:4");
    EXPECT_FALSE(document->has("gateway"));
    EXPECT_TRUE(document->at("gateway").entries().empty());
}

TEST(Document, NamesEveryProblemAtOnce) {
    EXPECT_EQ(
        problems_of(
            "colector: {}\ncollector:\n  nmae: x\n  name: Vienna\n  log_level: warn\n  metrics: 9101\n"),
        "f.yaml:1: unknown key 'colector' in the document (did you mean 'collector'?)\n"
        "f.yaml:3: unknown key 'nmae' in collector (did you mean 'name'?)\n"
        "f.yaml:4: collector.name is 'Vienna', which has not the form it needs (write for example 'name: "
        "vienna-1')\n"
        "f.yaml:5: collector.log_level is 'warn', which is none of debug, info, warning or error (did you "
        "mean 'warning'?)\n"
        "f.yaml:6: collector.metrics must be a text, not the number 9101 (write for example 'metrics: "
        "127.0.0.1:9101')");
}

TEST(Document, RefusesRepeatedKeys) {
    EXPECT_EQ(problems_of("collector:\n  name: a\n  name: b\n"),
              "f.yaml:3: key 'name' stands twice, first in line 2 (keep one of them)");
}

TEST(Document, SaysWhatIsMissing) {
    EXPECT_EQ(problems_of("tenants:\n  - {}\n", "policy.schema.json"),
              "f.yaml:2: 'slug' is missing in tenants[0] (write for example 'slug: acme')");
    EXPECT_EQ(problems_of("tenants:\n", "policy.schema.json"),
              "f.yaml:1: tenants must be a list, not nothing");
    EXPECT_EQ(problems_of("", "policy.schema.json"),
              "f.yaml:1: the document is empty (write the keys of its schema)");
}

TEST(Document, SaysWhereTheSyntaxIsWrong) {
    EXPECT_THAT(problems_of("collector:\n\tname: a\n"), HasSubstr("f.yaml:2: "));
    EXPECT_THAT(problems_of("collector: {name: a\n"), HasSubstr("never closed"));
    EXPECT_THAT(problems_of("collector: a: b\n"),
                HasSubstr("f.yaml:1: a value stands where none is expected"));
    EXPECT_THAT(problems_of("collector: {}\n---\ngateway: {}\n"), HasSubstr("more than one document"));
    EXPECT_THAT(problems_of("collector:\n  name: \xff\n"), HasSubstr("f.yaml:2: a character is no UTF-8"));
    EXPECT_THAT(problems_of("collector: !!python/object {}\n"), HasSubstr("tags such as"));
    EXPECT_THAT(problems_of("a: &x {b: 1}\nc: {<<: *x}\n"), HasSubstr("merge keys"));
    EXPECT_THAT(problems_of("? [a]\n: b\n"), HasSubstr("write a text as key"));
}

TEST(Document, BoundsHostileInput) {
    std::string laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
    for (int i = 1; i < 10; ++i) {
        laughs += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
        for (int k = 0; k < 9; ++k) laughs += (k > 0 ? ", *a" : "*a") + std::to_string(i - 1);
        laughs += "]\n";
    }
    EXPECT_THAT(problems_of(laughs), HasSubstr("more than 400000 values"));
    EXPECT_THAT(problems_of("a: &a [*a]\n"), HasSubstr("inside of what it repeats"));
    EXPECT_THAT(problems_of(std::string(100'000, '[')), HasSubstr("f.yaml:1: "));
    EXPECT_THAT(problems_of(std::string(300, '[') + std::string(300, ']')),
                HasSubstr("nested deeper than 24"));
    EXPECT_THAT(problems_of("a: " + std::string(20'000, 'x')), HasSubstr("write at most 16384"));
    EXPECT_THAT(problems_of(std::string(5U << 20U, ' ')), HasSubstr("write at most 4194304"));
    std::string keys;
    for (int i = 0; i < 1000; ++i) keys += "k" + std::to_string(i) + ": 1\n";
    EXPECT_THAT(problems_of(keys), HasSubstr("and 950 more"));
}

TEST(Document, LoadConfigWantsTheOwnSection) {
    const auto none = load_config("/nonexistent/sluice.yaml", "collector");
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().message(),
              "/nonexistent/sluice.yaml: cannot be opened: No such file or directory (check the path and its "
              "permissions)");
}

TEST(Document, AliasesStandForTheirValue) {
    const auto document = read_document(
        "collector: {name: &n vienna-1}\ngateway: {name: *n, dirty: {device: net_null0, addresses: "
        "[192.0.2.1]}, clean: {next_hop_mac: '02:00:00:00:00:01'}}\n",
        "f", "config.schema.json");
    ASSERT_TRUE(document) << document.error().text();
    EXPECT_EQ(document->at("gateway").get<std::string>("name"), "vienna-1");
}

}  // namespace
}  // namespace sluice::policy
