#include "apps/sluice/rest_client.hpp"

#include <fmt/format.h>
#include <httplib.h>

#include <nlohmann/json.hpp>

namespace sluice::apps::sluice {

using base::ErrorCode;

namespace {

ErrorCode code_of(int status) {
    switch (status) {
        case 401:
            return ErrorCode::unauthenticated;
        case 403:
            return ErrorCode::forbidden;
        case 404:
            return ErrorCode::not_found;
        case 409:
        case 412:
            return ErrorCode::conflict;
        case 429:
        case 503:
            return ErrorCode::unavailable;
        default:
            return status >= 500 ? ErrorCode::internal : ErrorCode::invalid_argument;
    }
}

// RFC 9457, or whatever else a proxy may have put in between.
std::string words_of(const httplib::Response& response) {
    const auto problem = nlohmann::json::parse(response.body, nullptr, false);
    if (!problem.is_object() || !problem.contains("detail"))
        return fmt::format("the server answered {}", response.status);
    std::string text = problem.value("detail", "");
    if (const auto errors = problem.find("errors"); errors != problem.end() && errors->is_array()) {
        for (const auto& error : *errors) {
            text += "\n  ";
            for (const char* part : {"pointer", "where", "detail", "hint"}) {
                if (const auto found = error.find(part); found != error.end() && found->is_string()) {
                    text += found->get<std::string>() + " ";
                }
            }
        }
    }
    return text;
}

template <class Call>
base::Result<RestAnswer> ask(const RestConfig& config, const std::string& path, Call&& call) {
    httplib::Client client(config.server);
    client.set_connection_timeout(5);
    client.set_read_timeout(60);
    client.set_tcp_nodelay(true);
    httplib::Headers headers;
    if (!config.token.empty()) headers.emplace("Authorization", "Bearer " + config.token);
    const httplib::Result result = call(client, "/api/v1" + path, headers);
    if (!result) {
        return base::fail(ErrorCode::unavailable,
                          "the controller does not answer: " + httplib::to_string(result.error()),
                          config.server, "is it running? give its address with --server");
    }
    if (result->status / 100 != 2) {
        const char* hint = result->status == 401 ? "give a token with --token or SLUICE_TOKEN" : "";
        return base::fail(code_of(result->status), words_of(*result), {}, hint);
    }
    return RestAnswer{result->body, result->get_header_value("ETag")};
}

}  // namespace

base::Result<RestAnswer> RestClient::get(const std::string& path) const {
    return ask(config_, path,
               [](auto& client, const auto& full, const auto& headers) { return client.Get(full, headers); });
}

base::Result<RestAnswer> RestClient::post(const std::string& path, const std::string& body,
                                          const std::string& type) const {
    return ask(config_, path, [&](auto& client, const auto& full, const auto& headers) {
        return client.Post(full, headers, body, type);
    });
}

base::Result<RestAnswer> RestClient::put(const std::string& path, const std::string& body,
                                         const std::string& type, const std::string& if_match) const {
    return ask(config_, path, [&](auto& client, const auto& full, auto headers) {
        if (!if_match.empty()) headers.emplace("If-Match", if_match);
        return client.Put(full, headers, body, type);
    });
}

base::Result<RestAnswer> RestClient::remove(const std::string& path) const {
    return ask(config_, path, [](auto& client, const auto& full, const auto& headers) {
        return client.Delete(full, headers);
    });
}

std::string encoded(const std::string& text) {
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (std::isalnum(byte) != 0 || c == '-' || c == '_' || c == '.') {
            out += c;
        } else {
            out += fmt::format("%{:02X}", byte);
        }
    }
    return out;
}

}  // namespace sluice::apps::sluice
