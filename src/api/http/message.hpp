// A request and its answer, as handlers see them: no library's types.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"

namespace sluice::api::http {

enum class Method : std::uint8_t { get, head, post, put, patch, del, options, count_ };
[[nodiscard]] std::string_view to_string(Method method);
[[nodiscard]] std::optional<Method> parse_method(std::string_view name);

using NameValue = std::pair<std::string, std::string>;

struct Request {
    Method method = Method::get;
    std::string path;                // percent-decoded, begins with '/'
    std::vector<NameValue> query;    // percent-decoded, in order
    std::vector<NameValue> headers;  // names in lower case
    std::string body;
    std::string remote_address;  // without port
    bool secure = false;         // came over TLS
    std::string id;              // in answers and logs

    // The first of that name (lower case), or null.
    [[nodiscard]] const std::string* header(std::string_view name) const;
    [[nodiscard]] const std::string* query_value(std::string_view name) const;
    [[nodiscard]] const std::string* cookie_header() const { return header("cookie"); }
};

// The body of an answer that does not end by itself (server-sent events).
class BodyStream {
  public:
    virtual ~BodyStream() = default;
    // Waits at most `patience` and appends what there is to send. False: the stream is over.
    [[nodiscard]] virtual bool next(std::string& out, base::Duration patience) = 0;
};

struct Response {
    int status = 200;
    std::vector<NameValue> headers;  // without content type and length
    std::string content_type;
    std::string body;
    std::shared_ptr<const std::string> shared_body;  // instead of body: a file kept in memory
    std::shared_ptr<BodyStream> stream;              // instead of both

    Response& with(std::string name, std::string value) {
        headers.emplace_back(std::move(name), std::move(value));
        return *this;
    }
    [[nodiscard]] const std::string* header(std::string_view name) const;  // as it was written
};

// Called from many threads at once; must not throw.
using Handler = std::function<Response(const Request&)>;

}  // namespace sluice::api::http
