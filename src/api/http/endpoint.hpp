// "127.0.0.1:8080", "[::1]:8080": where a server listens.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace sluice::api::http {

struct Endpoint {
    std::string host;
    std::uint16_t port = 0;
};

// `setting` is named in the error.
[[nodiscard]] base::Result<Endpoint> parse_endpoint(std::string_view text, std::string_view setting);

}  // namespace sluice::api::http
