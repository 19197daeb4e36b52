// Reads a JSON body strictly: what is wrong, missing or unknown is collected with its JSON pointer, and
// finish() refuses the request with all of it. Only for .cpp files (it needs the JSON library).
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "api/json.hpp"
#include "api/problem.hpp"

namespace sluice::api {

class BodyReader {
  public:
    // Refuses what is no JSON object, repeated keys, and more than 16 levels. An empty body is {}.
    [[nodiscard]] static Outcome<BodyReader> parse(const http::Request& request);

    [[nodiscard]] bool has(std::string_view name) const { return body_.contains(std::string(name)); }
    // After one of these has failed, its value is empty or 0 and finish() will say so.
    std::string text(std::string_view name, std::size_t least, std::size_t most);
    std::optional<std::string> optional_text(std::string_view name, std::size_t least, std::size_t most);
    // null and absent are the same: nothing.
    std::optional<std::uint64_t> optional_number(std::string_view name, std::uint64_t least,
                                                 std::uint64_t most);
    std::uint64_t number(std::string_view name, std::uint64_t least, std::uint64_t most);
    std::optional<bool> optional_boolean(std::string_view name);
    std::optional<base::Timestamp> optional_time(std::string_view name);
    std::vector<std::string> text_list(std::string_view name, std::size_t most_items, std::size_t most);
    // A field that must be there and may be null.
    template <class IdType>
    std::optional<IdType> nullable_id(std::string_view name) {
        if (!has(name)) {
            wrong(name, "is missing; write an id or null");
            return std::nullopt;
        }
        return optional_id<IdType>(name);
    }
    template <class IdType>
    std::optional<IdType> optional_id(std::string_view name) {
        const auto text = optional_text(name, 1, 40);
        if (!text) return std::nullopt;
        const auto id = IdType::parse(*text);
        if (!id) wrong(name, "is no id of this kind");
        return id;
    }

    void wrong(std::string_view name, std::string detail);
    // Nothing but what was asked for is in the body, and all of it is right.
    [[nodiscard]] Outcome<void> finish();

  private:
    explicit BodyReader(Json body) : body_(std::move(body)) {}
    const Json* take(std::string_view name);

    Json body_;
    std::set<std::string, std::less<>> known_;
    std::vector<FieldError> errors_;
};

}  // namespace sluice::api
