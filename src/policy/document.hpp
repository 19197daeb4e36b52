// Strict YAML documents: read with line numbers, validated against a JSON Schema of schema/, refused with
// every problem at once, each as "FILE:LINE: what is wrong (what to write)".
//
// What is taken: one YAML 1.2 document in UTF-8, core schema (so `off` and `yes` are texts, never booleans),
// anchors and aliases within the limits. What is refused beyond the schema: unknown and repeated keys, tags,
// merge keys, keys that are no text, numbers with a leading zero (octal for some readers, decimal for
// others).
//
// Trusts nothing of its input: size, depth and the number of values (aliases counted as written out) are
// bounded before anything is validated.
#pragma once

#include <cstddef>
#include <expected>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "policy/node.hpp"
#include "policy/problems.hpp"

namespace sluice::policy {

struct DocumentLimits {
    std::size_t max_bytes = 4U << 20U;
    std::size_t max_depth = 24;
    std::size_t max_nodes = 400'000;      // values, aliases written out
    std::size_t max_text_bytes = 16'384;  // one text
    std::size_t max_problems = 50;
};

// Reads `text` and validates it against schema/`schema` ("policy.schema.json"). `name` stands in the
// problems' places ("FILE:LINE").
[[nodiscard]] std::expected<Node, Problems> read_document(std::string_view text, std::string_view name,
                                                          std::string_view schema,
                                                          const DocumentLimits& limits = {});
// The same from a file.
[[nodiscard]] std::expected<Node, Problems> load_document(const std::filesystem::path& file,
                                                          std::string_view schema,
                                                          const DocumentLimits& limits = {});

// A process's own section of a configuration file (config.schema.json): load_config(path, "collector").
// Refused when the section is missing. All problems in one error.
[[nodiscard]] base::Result<Node> load_config(const std::filesystem::path& file, std::string_view process);

}  // namespace sluice::policy
