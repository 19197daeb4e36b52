#include "api/http/client.hpp"

#include <fmt/format.h>
#include <httplib.h>
#include <algorithm>
#include <cctype>
#include <charconv>

namespace sluice::api::http {
namespace {

using base::ErrorCode;

std::string what_failed(httplib::Error error) {
    switch (error) {
        case httplib::Error::Connection:
            return "nobody answers there";
        case httplib::Error::ConnectionTimeout:
            return "it does not answer in time";
        case httplib::Error::Read:
        case httplib::Error::Write:
            return "the connection broke or was too slow";
        case httplib::Error::SSLConnection:
        case httplib::Error::SSLLoadingCerts:
        case httplib::Error::SSLServerVerification:
            return "its TLS certificate can not be verified";
        default:
            return "no answer: " + httplib::to_string(error);
    }
}

httplib::Request make_request(const ClientRequest& request) {
    httplib::Request out;
    out.method = to_string(request.method);
    out.path = request.path;
    for (const auto& [name, value] : request.headers) out.set_header(name, value);
    out.body = request.body;
    if (!request.content_type.empty()) out.set_header("Content-Type", request.content_type);
    return out;
}

ClientAnswer make_answer(const httplib::Response& response, std::string body) {
    ClientAnswer answer;
    answer.status = response.status;
    answer.body = std::move(body);
    for (const auto& [name, value] : response.headers) {
        std::string lower = name;
        std::ranges::transform(lower, lower.begin(),
                               [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        answer.headers.emplace_back(std::move(lower), value);
    }
    return answer;
}

}  // namespace

std::string ClientAnswer::header(std::string_view name) const {
    for (const auto& [key, value] : headers) {
        if (key == name) return value;
    }
    return {};
}

base::Result<ClientAnswer> exchange(const ClientConfig& config, const ClientRequest& request) {
    const auto parts = parse_url(config.base_url);
    if (!parts) return std::unexpected(parts.error());
    httplib::Client client(parts->base());
    client.set_connection_timeout(std::chrono::milliseconds(config.connect_timeout_ms));
    client.set_read_timeout(std::chrono::milliseconds(config.answer_timeout_ms));
    client.set_write_timeout(std::chrono::milliseconds(config.answer_timeout_ms));
    client.set_tcp_nodelay(true);
    client.set_follow_location(false);
    if (!config.ca_file.empty()) client.set_ca_cert_path(config.ca_file);
    if (!config.pinned_address.empty()) client.set_hostname_addr_map({{parts->host, config.pinned_address}});

    std::string body;
    bool too_large = false;
    httplib::Request out = make_request(request);
    out.content_receiver = [&](const char* data, size_t length, std::uint64_t /*offset*/,
                               std::uint64_t /*total*/) {
        too_large = body.size() + length > config.max_answer_bytes;
        if (!too_large) body.append(data, length);
        return !too_large;
    };
    const httplib::Result result = client.send(out);
    if (too_large) {
        return base::fail(ErrorCode::exhausted,
                          fmt::format("the answer has more than {} bytes", config.max_answer_bytes),
                          config.base_url);
    }
    if (!result) {
        return base::fail(ErrorCode::unavailable, what_failed(result.error()), config.base_url,
                          "check the address, and that the program there runs");
    }
    return make_answer(*result, std::move(body));
}

std::string percent_encode(std::string_view text) {
    std::string out;
    for (const unsigned char c : text) {
        if (std::isalnum(c) != 0 || c == '-' || c == '.' || c == '_' || c == '~') {
            out += static_cast<char>(c);
        } else {
            fmt::format_to(std::back_inserter(out), "%{:02X}", c);
        }
    }
    return out;
}

std::string UrlParts::base() const {
    const bool v6 = host.find(':') != std::string::npos;
    return fmt::format("{}://{}{}{}:{}", scheme, v6 ? "[" : "", host, v6 ? "]" : "", port);
}

base::Result<UrlParts> parse_url(std::string_view url) {
    const auto refuse = [&] {
        return base::fail(ErrorCode::invalid_argument, "is no URL that can be used", std::string(url),
                          "write http://HOST:PORT or https://HOST:PORT");
    };
    UrlParts parts;
    const auto scheme = url.find("://");
    if (scheme == std::string_view::npos) return refuse();
    parts.scheme = url.substr(0, scheme);
    if (parts.scheme != "http" && parts.scheme != "https") return refuse();
    auto rest = url.substr(scheme + 3);
    const auto slash = rest.find_first_of("/?#");
    auto authority = rest.substr(0, slash);
    parts.path = slash == std::string_view::npos ? std::string{} : std::string(rest.substr(slash));
    if (parts.path.empty() || parts.path.front() != '/') parts.path.insert(0, "/");
    if (authority.find('@') != std::string_view::npos) return refuse();
    std::string_view port;
    if (authority.starts_with('[')) {
        const auto end = authority.find(']');
        if (end == std::string_view::npos) return refuse();
        parts.host = authority.substr(1, end - 1);
        port = authority.substr(end + 1);
        if (!port.empty() && port.front() != ':') return refuse();
        if (!port.empty()) port.remove_prefix(1);
    } else {
        const auto colon = authority.find(':');
        parts.host = authority.substr(0, colon);
        if (colon != std::string_view::npos) port = authority.substr(colon + 1);
    }
    parts.port = parts.scheme == "https" ? 443 : 80;
    if (!port.empty()) {
        const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), parts.port);
        if (error != std::errc{} || end != port.data() + port.size() || parts.port == 0) return refuse();
    }
    if (parts.host.empty()) return refuse();
    return parts;
}

}  // namespace sluice::api::http
