#include "api/http/message.hpp"

#include <array>

namespace sluice::api::http {
namespace {

constexpr std::array<std::string_view, static_cast<std::size_t>(Method::count_)> method_names{
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};

const std::string* find(const std::vector<NameValue>& list, std::string_view name) {
    for (const auto& [key, value] : list) {
        if (key == name) return &value;
    }
    return nullptr;
}

}  // namespace

std::string_view to_string(Method method) {
    return method_names[static_cast<std::size_t>(method)];
}

std::optional<Method> parse_method(std::string_view name) {
    for (std::size_t i = 0; i < method_names.size(); ++i) {
        if (method_names[i] == name) return static_cast<Method>(i);
    }
    return std::nullopt;
}

const std::string* Request::header(std::string_view name) const {
    return find(headers, name);
}
const std::string* Request::query_value(std::string_view name) const {
    return find(query, name);
}
const std::string* Response::header(std::string_view name) const {
    return find(headers, name);
}

}  // namespace sluice::api::http
