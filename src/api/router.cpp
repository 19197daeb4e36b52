#include "api/router.hpp"

namespace sluice::api {
namespace {

std::string_view next_segment(std::string_view& rest) {
    rest.remove_prefix(1);  // '/'
    const auto slash = rest.find('/');
    const auto segment = rest.substr(0, slash);
    rest = slash == std::string_view::npos ? std::string_view{} : rest.substr(slash);
    return segment;
}

bool fits(std::string_view pattern, std::string_view path,
          std::vector<std::pair<std::string_view, std::string_view>>& parameters) {
    parameters.clear();
    while (!pattern.empty() && !path.empty()) {
        if (path.front() != '/') return false;
        const auto wanted = next_segment(pattern);
        const auto given = next_segment(path);
        if (wanted.starts_with('{')) {
            if (given.empty()) return false;
            parameters.emplace_back(wanted.substr(1, wanted.size() - 2), given);
        } else if (wanted != given) {
            return false;
        }
    }
    return pattern.empty() && path.empty();
}

}  // namespace

std::string_view Call::parameter(std::string_view name) const {
    for (const auto& [key, value] : parameters_) {
        if (key == name) return value;
    }
    return {};
}

void Router::add(Route route) {
    routes_.push_back(std::move(route));
}

Router::Match Router::match(http::Method method, std::string_view path) const {
    Match found;
    std::vector<std::pair<std::string_view, std::string_view>> parameters;
    // A HEAD is a GET whose body is not sent.
    if (method == http::Method::head) method = http::Method::get;
    for (const auto& route : routes_) {
        if (!fits(route.pattern, path, parameters)) continue;
        if (!found.allow.empty()) found.allow += ", ";
        found.allow += http::to_string(route.method);
        if (route.method == method && found.route == nullptr) {
            found.route = &route;
            found.parameters = parameters;
        }
    }
    return found;
}

}  // namespace sluice::api
