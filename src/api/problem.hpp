// An error as the API answers it: RFC 9457, "application/problem+json".
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/http/message.hpp"
#include "base/result.hpp"

namespace sluice::api {

struct FieldError {
    std::string pointer;  // "/line_rate_bps", "query:limit", "line:12"
    std::string detail;
};

struct Problem {
    int status = 500;
    std::string code;    // stable: type is "urn:sluice:problem:" + code
    std::string title;   // the same for each occurrence of the code
    std::string detail;  // this occurrence, with what to do
    std::vector<FieldError> errors;
    std::vector<http::NameValue> headers;
    std::string instance;  // the request's id
    std::string internal;  // for the log only

    Problem(int http_status, std::string problem_code, std::string problem_title, std::string problem_detail)
        : status(http_status),
          code(std::move(problem_code)),
          title(std::move(problem_title)),
          detail(std::move(problem_detail)) {}

    [[nodiscard]] static Problem not_found();
    [[nodiscard]] static Problem forbidden(std::string detail);
    [[nodiscard]] static Problem unauthenticated(std::string detail);
    [[nodiscard]] static Problem conflict(std::string detail);
    [[nodiscard]] static Problem invalid(std::vector<FieldError> errors);
    [[nodiscard]] static Problem invalid(std::string pointer, std::string detail);
    // io, corrupt and internal say nothing of the inside to the caller; the log has it.
    [[nodiscard]] static Problem from(const base::Error& error);
};

[[nodiscard]] http::Response to_response(const Problem& problem);

// What handlers return.
template <class T>
using Outcome = std::expected<T, Problem>;
using Reply = Outcome<http::Response>;

}  // namespace sluice::api
