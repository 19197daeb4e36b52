// Our validator and valijson must agree on what a schema lets through; ours differs in its words only.
#include "policy/schema_validator.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include "base/random.hpp"
#include "policy/embedded_schemas.hpp"
#include "policy/yaml_reader.hpp"

namespace sluice::policy::detail {
namespace {

using nlohmann::json;

// Our formats (rates, durations …) are annotations for everybody else.
void remove_formats(json& schema) {
    if (schema.is_object()) schema.erase("format");
    for (auto& value : schema) {
        if (value.is_structured()) remove_formats(value);
    }
}

json schema_without_formats(std::string_view name) {
    for (const auto& embedded : embedded_schemas()) {
        if (embedded.name != name) continue;
        json schema = json::parse(embedded.text);
        remove_formats(schema);
        return schema;
    }
    return {};
}

const char* const seed_document = R"({"tenants": [
  {"slug": "acme", "name": "Acme", "sites": [{"name": "a", "line_rate": "1 Gbps"}],
   "prefixes": ["192.0.2.0/24", {"prefix": "2001:db8::/32", "consent": "off", "site": "a"}],
   "detection": {"hold_down": "10 s", "thresholds": [
      {"name": "syn", "vector": "tcp-syn", "packets": "20 kpps", "line_rate_share": 0.5, "learned": {"z": 3.5}}]},
   "protection": {"template": "web", "drop_invalid": true, "reflection": ["ntp", "dns"], "source_limit": {"bits": "1 Mbps"}},
   "filters": [{"name": "x", "action": "drop", "protocol": 6, "destination_port": "1-2", "tcp_flags_set": ["syn"]}],
   "mitigation": {"max_active": 3}, "users": [{"login": "a", "role": "tenant_admin"}], "webhooks": [{"url": "http://x/"}]}]})";

// All values of a document, as pointers.
void collect(json& value, std::vector<json*>& all) {
    all.push_back(&value);
    if (!value.is_structured()) return;
    for (auto& inner : value) collect(inner, all);
}

json odd_value(base::Random& random) {
    const json values[] = {nullptr,
                           true,
                           0,
                           -1,
                           7,
                           70000,
                           0.5,
                           150.5,
                           "",
                           "off",
                           "X!",
                           "tcp-syn",
                           "a",
                           "ntp",
                           json::array(),
                           json::object(),
                           json::array({"syn", "syn"}),
                           json::object({{"prefix", "x"}})};
    return values[random.next() % std::size(values)];
}

void mutate(json& document, base::Random& random) {
    std::vector<json*> all;
    collect(document, all);
    json& value = *all[random.next() % all.size()];
    switch (random.next() % 4) {
        case 0:
            value = odd_value(random);
            break;
        case 1:
            if (value.is_object() && !value.empty()) {
                auto entry = value.begin();
                std::advance(entry, static_cast<std::ptrdiff_t>(random.next() % value.size()));
                value.erase(entry);
            }
            break;
        case 2:
            if (value.is_object()) value["extra"] = odd_value(random);
            if (value.is_array()) value.push_back(odd_value(random));
            break;
        default:
            if (value.is_array() && !value.empty()) value.push_back(value[0]);
    }
}

bool ours_takes(const json& document, const Schema& schema) {
    Problems problems;
    const auto tree = read_yaml(document.dump(), "d", {}, problems);
    if (tree != nullptr) validate(*tree, schema, problems);
    return problems.empty();
}

TEST(SchemaValidator, AgreesWithValijson) {
    const json source = schema_without_formats("policy.schema.json");
    const auto ours = compile_schema(source.dump(), "policy");
    ASSERT_TRUE(ours) << ours.error().message();
    valijson::Schema theirs;
    valijson::SchemaParser().populateSchema(valijson::adapters::NlohmannJsonAdapter(source), theirs);

    base::SeededRandom random(7);
    int taken = 0;
    for (int round = 0; round < 4000; ++round) {
        json document = json::parse(seed_document);
        for (std::uint64_t i = random.next() % 3; i > 0; --i) mutate(document, random);
        if (document.is_null()) continue;  // an empty document is refused before it is validated
        valijson::Validator validator(valijson::Validator::kStrongTypes);
        const bool valid =
            validator.validate(theirs, valijson::adapters::NlohmannJsonAdapter(document), nullptr);
        ASSERT_EQ(ours_takes(document, *ours), valid) << "round " << round << ": " << document.dump(1);
        taken += valid ? 1 : 0;
    }
    EXPECT_GT(taken, 500) << "too few documents were valid to prove anything";
    EXPECT_LT(taken, 3500) << "too few documents were invalid to prove anything";
}

TEST(SchemaCompiler, RefusesWhatItDoesNotCheck) {
    EXPECT_FALSE(compile_schema(R"({"oneOf": []})", "x"));
    EXPECT_FALSE(compile_schema(R"({"type": "text"})", "x"));
    EXPECT_FALSE(compile_schema(R"({"format": "date-time"})", "x"));
    EXPECT_FALSE(compile_schema(R"({"$ref": "other.json"})", "x"));
    EXPECT_FALSE(compile_schema(R"({"required": ["a"]})", "x"));
    EXPECT_FALSE(compile_schema("{", "x"));
    EXPECT_TRUE(compile_schema(R"({"type": ["string", "null"], "maxLength": 3})", "x"));
}

// Whole numbers are read into bounded integers, and texts are held in memory: a schema bounds both.
void check_bounds(const json& schema, const std::string& path) {
    if (schema.is_object() && schema.value("type", json()) == "integer") {
        EXPECT_TRUE(schema.contains("minimum") && schema.contains("maximum")) << path;
    }
    if (schema.is_object() && schema.value("type", json()) == "array") {
        EXPECT_TRUE(schema.contains("items")) << path;
    }
    if (schema.is_object() && schema.value("type", json()) == "object") {
        EXPECT_TRUE(schema.contains("additionalProperties")) << path << ": unknown keys are refused";
    }
    if (!schema.is_structured()) return;
    for (const auto& [key, value] : schema.items()) check_bounds(value, path + "/" + key);
}

TEST(Schemas, BoundEveryNumberAndRefuseUnknownKeys) {
    for (const auto& embedded : embedded_schemas())
        check_bounds(json::parse(embedded.text), std::string(embedded.name));
}

}  // namespace
}  // namespace sluice::policy::detail
