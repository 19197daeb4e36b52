#include "api/body_reader.hpp"

#include <fmt/format.h>

namespace sluice::api {
namespace {

constexpr int most_depth = 16;
constexpr std::size_t most_errors = 20;

std::size_t characters(const std::string& utf8) {
    std::size_t count = 0;
    for (const char c : utf8) count += (static_cast<unsigned char>(c) & 0xc0U) != 0x80U ? 1 : 0;
    return count;
}

// Stops at depth and repeated keys, which the library would accept.
class Strictness {
  public:
    bool operator()(int depth, Json::parse_event_t event, Json& parsed) {
        if (depth > most_depth) too_deep = true;
        if (event == Json::parse_event_t::object_start) {
            keys_.emplace_back();
        } else if (event == Json::parse_event_t::object_end) {
            keys_.pop_back();
        } else if (event == Json::parse_event_t::key && !keys_.empty() &&
                   !keys_.back().insert(parsed.get<std::string>()).second) {
            repeated = parsed.get<std::string>();
        }
        return !too_deep;
    }
    bool too_deep = false;
    std::string repeated;

  private:
    std::vector<std::set<std::string>> keys_;
};

}  // namespace

Outcome<BodyReader> BodyReader::parse(const http::Request& request) {
    if (request.body.empty()) return BodyReader(Json::object());
    Strictness strictness;
    Json body = Json::parse(
        request.body,
        [&](int depth, Json::parse_event_t event, Json& parsed) { return strictness(depth, event, parsed); },
        false);
    if (body.is_discarded() && !strictness.too_deep) {
        return std::unexpected(
            Problem(400, "malformed", "The body is not JSON.", "Send one JSON object in UTF-8 (RFC 8259)."));
    }
    if (strictness.too_deep) return std::unexpected(Problem::invalid("", "has too many levels"));
    if (!strictness.repeated.empty()) {
        return std::unexpected(Problem::invalid("/" + strictness.repeated, "is there twice; write it once"));
    }
    if (!body.is_object()) return std::unexpected(Problem::invalid("", "must be a JSON object"));
    return BodyReader(std::move(body));
}

const Json* BodyReader::take(std::string_view name) {
    known_.emplace(name);
    const auto found = body_.find(std::string(name));
    return found == body_.end() || found->is_null() ? nullptr : &*found;
}

void BodyReader::wrong(std::string_view name, std::string detail) {
    std::string pointer = name.empty() ? std::string{} : "/" + std::string(name);
    for (const auto& error : errors_) {
        if (error.pointer == pointer) return;  // the first thing that is wrong with it is enough
    }
    if (errors_.size() < most_errors) errors_.push_back({std::move(pointer), std::move(detail)});
}

std::string BodyReader::text(std::string_view name, std::size_t least, std::size_t most) {
    auto value = optional_text(name, least, most);
    if (!value) wrong(name, "is missing; write a text");
    return value.value_or("");
}

std::optional<std::string> BodyReader::optional_text(std::string_view name, std::size_t least,
                                                     std::size_t most) {
    const Json* value = take(name);
    if (value == nullptr) return std::nullopt;
    if (!value->is_string()) {
        wrong(name, "must be a text");
        return std::nullopt;
    }
    auto text = value->get<std::string>();
    const auto length = characters(text);
    if (length < least || length > most) {
        wrong(name, fmt::format("must have {} to {} characters", least, most));
        return std::nullopt;
    }
    if (text.find('\0') != std::string::npos) {
        wrong(name, "must not contain the character NUL");
        return std::nullopt;
    }
    return text;
}

std::optional<std::uint64_t> BodyReader::optional_number(std::string_view name, std::uint64_t least,
                                                         std::uint64_t most) {
    const Json* value = take(name);
    if (value == nullptr) return std::nullopt;
    if (!value->is_number_unsigned() || value->get<std::uint64_t>() < least ||
        value->get<std::uint64_t>() > most) {
        wrong(name, fmt::format("must be a whole number from {} to {}", least, most));
        return std::nullopt;
    }
    return value->get<std::uint64_t>();
}

std::uint64_t BodyReader::number(std::string_view name, std::uint64_t least, std::uint64_t most) {
    const auto before = errors_.size();
    const auto value = optional_number(name, least, most);
    if (!value && errors_.size() == before) {
        wrong(name, fmt::format("is missing; write a whole number from {} to {}", least, most));
    }
    return value.value_or(0);
}

std::optional<bool> BodyReader::optional_boolean(std::string_view name) {
    const Json* value = take(name);
    if (value == nullptr) return std::nullopt;
    if (!value->is_boolean()) {
        wrong(name, "must be true or false");
        return std::nullopt;
    }
    return value->get<bool>();
}

std::optional<base::Timestamp> BodyReader::optional_time(std::string_view name) {
    const auto text = optional_text(name, 1, 40);
    if (!text) return std::nullopt;
    const auto time = base::parse_rfc3339(*text);
    if (!time) wrong(name, "must be a time as 2026-11-21T09:44:15Z");
    return time;
}

std::vector<std::string> BodyReader::text_list(std::string_view name, std::size_t most_items,
                                               std::size_t most) {
    const Json* value = take(name);
    std::vector<std::string> list;
    if (value == nullptr) return list;
    if (!value->is_array() || value->size() > most_items) {
        wrong(name, fmt::format("must be a list of at most {} texts", most_items));
        return list;
    }
    for (std::size_t i = 0; i < value->size(); ++i) {
        const Json& item = (*value)[i];
        if (!item.is_string() || characters(item.get<std::string>()) > most) {
            wrong(fmt::format("{}/{}", name, i),
                  fmt::format("must be a text of at most {} characters", most));
            continue;
        }
        list.push_back(item.get<std::string>());
    }
    return list;
}

Outcome<void> BodyReader::finish() {
    for (const auto& [name, value] : body_.items()) {
        if (known_.contains(name)) continue;
        std::string list;
        for (const auto& known : known_) list += (list.empty() ? "" : ", ") + known;
        wrong(name, list.empty() ? "is not known here; send an empty object"
                                 : "is not known; the fields are " + list);
    }
    if (!errors_.empty()) return std::unexpected(Problem::invalid(std::move(errors_)));
    return {};
}

}  // namespace sluice::api
