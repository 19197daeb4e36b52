// A compiled JSON Schema: the subset of draft 2020-12 that schema/ uses. A keyword that is not known here is
// refused when compiling, so that no schema promises a check that does not happen.
//
// Why not valijson: its errors name constraints, not lines and what to write. It stands beside this in the
// tests, where both must accept and refuse the same documents.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "policy/text_format.hpp"

namespace sluice::policy::detail {

// Bits of Rule::types, by NodeKind; an integer is also a number.
inline constexpr std::uint8_t any_type = 0xff;

struct Rule;

struct Property {
    std::string name;
    std::uint32_t rule = 0;
    bool required = false;
};

struct Rule {
    std::uint8_t types = any_type;
    std::string description;
    std::string example;  // first of "examples", as YAML writes it; may be empty

    std::optional<double> minimum;
    std::optional<double> maximum;
    std::optional<double> above;            // exclusiveMinimum
    std::optional<std::size_t> min_length;  // characters
    std::optional<std::size_t> max_length;
    std::optional<std::regex> pattern;
    std::string pattern_text;
    FormatCheck format = nullptr;
    std::vector<std::string> choices;  // enum or const: texts only

    std::vector<Property> properties;
    bool closed = false;                      // additionalProperties: false
    std::optional<std::uint32_t> other_rule;  // additionalProperties: {…}
    std::optional<std::size_t> min_entries;

    std::optional<std::uint32_t> item_rule;
    std::optional<std::size_t> min_items;
    std::optional<std::size_t> max_items;
    bool unique_items = false;  // scalars only

    std::vector<std::uint32_t> any_of;
    std::optional<std::uint32_t> same_as;  // $ref; the other members then count as well
};

struct Schema {
    std::vector<Rule> rules;  // rules[0] is the root
};

[[nodiscard]] base::Result<Schema> compile_schema(std::string_view json, std::string_view name);
// Of the embedded schemas; compiled once. An unknown name or a schema that does not compile is an error of
// kind internal.
[[nodiscard]] base::Result<std::shared_ptr<const Schema>> find_schema(std::string_view name);

}  // namespace sluice::policy::detail
