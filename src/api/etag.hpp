// Entity tags (RFC 9110 section 8.8.3): a version of an object, or a hash of what was answered.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "api/http/message.hpp"
#include "api/problem.hpp"

namespace sluice::api {

// Of the content: the first 128 bits of its SHA-256.
[[nodiscard]] std::string etag_of(std::string_view content);
[[nodiscard]] std::string etag_of_version(std::uint64_t version);
// Whether a list of tags (If-None-Match, If-Match) names this one, or is "*". Weak tags count as strong ones.
[[nodiscard]] bool matches_etag(std::string_view list, std::string_view etag);

// The change may be made: If-Match is there (428) and names the object's version (412).
[[nodiscard]] Outcome<void> check_if_match(const http::Request& request, std::uint64_t version);
// Of a change that was refused: that the object has moved on meanwhile is a 412 as well.
[[nodiscard]] Problem changed_problem(const base::Error& error);

}  // namespace sluice::api
