#include "api/problem.hpp"

#include "api/json.hpp"

namespace sluice::api {

std::string dump(const Json& value) {
    return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

http::Response json_response(int status, const Json& value) {
    http::Response response;
    response.status = status;
    response.content_type = "application/json";
    response.body = dump(value);
    return response;
}

Problem Problem::not_found() {
    return {404, "not-found", "There is no such object.",
            "It does not exist, or it is not yours to see; check the id."};
}

Problem Problem::forbidden(std::string detail) {
    return {403, "forbidden", "Your role may not do this.", std::move(detail)};
}

Problem Problem::unauthenticated(std::string detail) {
    Problem problem{401, "unauthenticated", "You are not signed in.", std::move(detail)};
    problem.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"sluice\"");
    return problem;
}

Problem Problem::conflict(std::string detail) {
    return {409, "conflict", "The present state does not allow this.", std::move(detail)};
}

Problem Problem::invalid(std::vector<FieldError> errors) {
    Problem problem{422, "invalid", "The request is not valid.", {}};
    problem.detail = errors.size() == 1 ? errors.front().pointer + ": " + errors.front().detail
                                        : std::to_string(errors.size()) + " things are wrong; see errors.";
    problem.errors = std::move(errors);
    return problem;
}

Problem Problem::invalid(std::string pointer, std::string detail) {
    return invalid(std::vector<FieldError>{{std::move(pointer), std::move(detail)}});
}

Problem Problem::from(const base::Error& error) {
    switch (error.code) {
        case base::ErrorCode::invalid_argument:
            return {422, "invalid", "The request is not valid.", error.message()};
        case base::ErrorCode::not_found:
            return not_found();
        case base::ErrorCode::conflict:
            return conflict(error.message());
        case base::ErrorCode::exhausted:
            return {409, "limit-reached", "A configured limit is reached.", error.message()};
        case base::ErrorCode::forbidden:
            return forbidden(error.message());
        case base::ErrorCode::unauthenticated:
            return unauthenticated(error.message());
        case base::ErrorCode::unavailable: {
            Problem problem{503, "unavailable", "This does not work for now.", error.message()};
            problem.headers.emplace_back("Retry-After", "2");
            return problem;
        }
        case base::ErrorCode::io:
        case base::ErrorCode::corrupt:
        case base::ErrorCode::internal:
            break;
    }
    Problem problem{500, "internal", "Something is broken here.",
                    "It is in the log of the controller; report it with the request's id."};
    problem.internal = error.message();
    return problem;
}

http::Response to_response(const Problem& problem) {
    Json body{{"type", "urn:sluice:problem:" + problem.code},
              {"title", problem.title},
              {"status", problem.status},
              {"detail", problem.detail}};
    if (!problem.errors.empty()) {
        Json errors = Json::array();
        for (const auto& error : problem.errors) {
            errors.push_back({{"pointer", error.pointer}, {"detail", error.detail}});
        }
        body["errors"] = std::move(errors);
    }
    if (!problem.instance.empty()) body["instance"] = problem.instance;
    http::Response response = json_response(problem.status, body);
    response.content_type = "application/problem+json";
    response.headers = problem.headers;
    return response;
}

}  // namespace sluice::api
