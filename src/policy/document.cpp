#include "policy/document.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "policy/schema_validator.hpp"
#include "policy/yaml_reader.hpp"

namespace sluice::policy {

std::expected<Node, Problems> read_document(std::string_view text, std::string_view name,
                                            std::string_view schema, const DocumentLimits& limits) {
    Problems problems(limits.max_problems);
    const auto compiled = detail::find_schema(schema);
    if (!compiled) {
        problems.add(compiled.error());
        return std::unexpected(std::move(problems));
    }
    auto tree = detail::read_yaml(text, name, limits, problems);
    if (tree != nullptr) detail::validate(*tree, **compiled, problems);
    if (!problems.empty()) return std::unexpected(std::move(problems));
    return Node(std::move(tree), 0);
}

std::expected<Node, Problems> load_document(const std::filesystem::path& file, std::string_view schema,
                                            const DocumentLimits& limits) {
    const auto refuse = [&](std::string what, std::string hint) {
        Problems problems;
        problems.add({base::ErrorCode::io, std::move(what), file.string(), std::move(hint)});
        return std::unexpected(std::move(problems));
    };
    std::error_code error;
    if (std::filesystem::is_directory(file, error)) return refuse("is a folder", "name a file");
    std::ifstream in(file, std::ios::binary);
    if (!in)
        return refuse(fmt::format("cannot be opened: {}", std::strerror(errno)),
                      "check the path and its permissions");
    // One byte over the limit is enough to know, also of a file that never ends.
    std::string text;
    for (std::size_t step = 1U << 20U; in && text.size() <= limits.max_bytes;) {
        const std::size_t had = text.size();
        text.resize(had + std::min(step, limits.max_bytes + 1 - had));
        in.read(text.data() + had, static_cast<std::streamsize>(text.size() - had));
        text.resize(had + static_cast<std::size_t>(in.gcount()));
    }
    if (in.bad()) return refuse("cannot be read", "check the disk");
    return read_document(text, file.string(), schema, limits);
}

base::Result<Node> load_config(const std::filesystem::path& file, std::string_view process) {
    const auto document = load_document(file, "config.schema.json");
    if (!document) return std::unexpected(document.error().to_error());
    const Node section = document->at(process);
    if (!section.exists())
        return std::unexpected(
            document->error(fmt::format("the section of this process, '{}', is missing", process),
                            fmt::format("write '{}:' and its settings below it", process)));
    return section;
}

}  // namespace sluice::policy
