// An HTTP/1.1 client for short exchanges: the command line's and the webhooks'. Answers are bounded in size
// and time; redirects are not followed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "api/http/message.hpp"
#include "base/result.hpp"

namespace sluice::api::http {

struct ClientConfig {
    std::string base_url = "http://127.0.0.1:8080";  // scheme, host and port only
    std::string ca_file;                             // PEM; empty: the system's
    std::uint32_t connect_timeout_ms = 3000;
    std::uint32_t answer_timeout_ms = 30'000;
    std::size_t max_answer_bytes = 64U << 20U;
    // Connect to this address instead of asking for the host's (checked before by the caller).
    std::string pinned_address;
};

struct ClientRequest {
    Method method = Method::get;
    std::string path;  // with its query, encoded
    std::vector<NameValue> headers;
    std::string content_type;
    std::string body;
};

struct ClientAnswer {
    int status = 0;
    std::vector<NameValue> headers;  // names in lower case
    std::string body;

    [[nodiscard]] std::string header(std::string_view name) const;  // empty when there is none
};

// unavailable: nobody there, TLS refused, no answer in time; exhausted: the answer is too large.
[[nodiscard]] base::Result<ClientAnswer> exchange(const ClientConfig& config, const ClientRequest& request);

// What a query's value must be written as.
[[nodiscard]] std::string percent_encode(std::string_view text);

struct UrlParts {
    std::string scheme;  // "http" or "https"
    std::string host;    // without brackets
    std::uint16_t port = 0;
    std::string path;  // with query; "/" at least

    [[nodiscard]] std::string base() const;  // "https://host:443"
};
[[nodiscard]] base::Result<UrlParts> parse_url(std::string_view url);

}  // namespace sluice::api::http
