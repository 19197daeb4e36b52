// The controller's REST interface as the command line uses it: one request, one answer, errors in words.
#pragma once

#include <string>

#include "base/result.hpp"

namespace sluice::apps::sluice {

struct RestConfig {
    std::string server = "http://127.0.0.1:8080";
    std::string token;  // of an API token or a session
};

struct RestAnswer {
    std::string body;
    std::string etag;
};

class RestClient {
  public:
    explicit RestClient(RestConfig config) : config_(std::move(config)) {}

    // `path` behind /api/v1, with its query. An answer that is no 2xx is an error, with the problem's own
    // words.
    [[nodiscard]] base::Result<RestAnswer> get(const std::string& path) const;
    [[nodiscard]] base::Result<RestAnswer> post(const std::string& path, const std::string& body,
                                                const std::string& type) const;
    [[nodiscard]] base::Result<RestAnswer> put(const std::string& path, const std::string& body,
                                               const std::string& type, const std::string& if_match) const;
    [[nodiscard]] base::Result<RestAnswer> remove(const std::string& path) const;

  private:
    RestConfig config_;
};

// Percent-encodes for a query.
[[nodiscard]] std::string encoded(const std::string& text);

}  // namespace sluice::apps::sluice
