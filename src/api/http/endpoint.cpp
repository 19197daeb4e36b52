#include "api/http/endpoint.hpp"

#include <charconv>

#include "net/address.hpp"

namespace sluice::api::http {

base::Result<Endpoint> parse_endpoint(std::string_view text, std::string_view setting) {
    const auto refuse = [&] {
        return base::fail(base::ErrorCode::invalid_argument,
                          "\"" + std::string(text) + "\" is no address with a port", std::string(setting),
                          "write ADDRESS:PORT, as 127.0.0.1:8080 or [::1]:8080");
    };
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) return refuse();
    std::string_view host = text.substr(0, colon);
    const std::string_view digits = text.substr(colon + 1);
    Endpoint endpoint;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), endpoint.port);
    if (error != std::errc{} || end != digits.data() + digits.size()) return refuse();
    if (host.starts_with('[') && host.ends_with(']')) {
        host = host.substr(1, host.size() - 2);
    } else if (host.find(':') != std::string_view::npos) {
        return refuse();
    }
    if (!net::Address::parse(host)) return refuse();
    endpoint.host = host;
    return endpoint;
}

}  // namespace sluice::api::http
