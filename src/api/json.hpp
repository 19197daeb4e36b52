// JSON inside api/: the library, and how answers are written. Only for .cpp files.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "api/http/message.hpp"
#include "base/clock.hpp"
#include "base/time_text.hpp"

namespace sluice::api {

using Json = nlohmann::ordered_json;  // fields in the order in which they are written

// Never throws: bytes that are no UTF-8 become U+FFFD.
[[nodiscard]] std::string dump(const Json& value);
[[nodiscard]] http::Response json_response(int status, const Json& value);

[[nodiscard]] inline Json time_or_null(const std::optional<base::Timestamp>& time) {
    return time ? Json(base::to_rfc3339(*time)) : Json(nullptr);
}
template <class IdType>
[[nodiscard]] Json id_or_null(IdType id) {
    return id.is_none() ? Json(nullptr) : Json(id.to_string());
}
[[nodiscard]] inline Json text_or_null(const std::string& text) {
    return text.empty() ? Json(nullptr) : Json(text);
}

}  // namespace sluice::api
