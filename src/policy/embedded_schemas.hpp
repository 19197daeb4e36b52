// The JSON Schemas of schema/, compiled into the program (embed_schemas.cmake).
#pragma once

#include <span>
#include <string_view>

namespace sluice::policy {

struct EmbeddedSchema {
    std::string_view name;  // "policy.schema.json"
    std::string_view text;
};

[[nodiscard]] std::span<const EmbeddedSchema> embedded_schemas();

}  // namespace sluice::policy
