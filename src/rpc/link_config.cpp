#include "rpc/link_config.hpp"

#include <algorithm>

namespace sluice::rpc {
namespace {

base::Status refuse(std::string where, std::string what, std::string hint) {
    return base::fail(base::ErrorCode::invalid_argument, std::move(what), std::move(where), std::move(hint));
}

bool on_loopback(const std::string& endpoint) {
    return endpoint.starts_with("127.") || endpoint.starts_with("[::1]:") ||
           endpoint.starts_with("localhost:") || endpoint.starts_with("unix:");
}

bool is_name(const std::string& text) {
    return !text.empty() && text.size() <= 63 && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    });
}

base::Status validate_tls(const TlsFiles& tls) {
    if (tls.certificate.empty() != tls.key.empty()) {
        return refuse("tls", "a certificate without its key, or a key without its certificate",
                      "give both files, or none");
    }
    return {};
}

}  // namespace

base::Status validate(const LinkServerConfig& config) {
    if (auto status = validate_tls(config.tls); !status) return status;
    if (config.listen.find(':') == std::string::npos) {
        return refuse("listen", "'" + config.listen + "' has no port", "write ADDRESS:PORT");
    }
    if (!config.tls.empty() && config.tls.certificate.empty()) {
        return refuse("tls.certificate", "a server with TLS needs a certificate and its key",
                      "give both files");
    }
    const bool mutual = !config.tls.ca.empty();
    if (config.token.empty() && !mutual && !on_loopback(config.listen)) {
        return refuse("token", "anyone who reaches " + config.listen + " could attach",
                      "set a token, or tls.ca for mutual TLS, or listen on 127.0.0.1");
    }
    if (!config.token.empty() && config.token.size() < 16) {
        return refuse("token", "is shorter than 16 characters", "`openssl rand -hex 16` makes one");
    }
    if (config.max_message_bytes < 65'536 || config.max_message_bytes > (256U << 20U)) {
        return refuse("max_message_bytes", "is not between 65536 and 256 MiB", "leave it out for 16 MiB");
    }
    if (config.keepalive_ms < 100 || config.keepalive_ms > 60'000) {
        return refuse("keepalive_ms", "is not between 100 and 60000", "leave it out for 1000");
    }
    if (config.max_collectors == 0 || config.max_gateways == 0) {
        return refuse("max_collectors, max_gateways", "is 0", "leave them out for 256 and 64");
    }
    return {};
}

base::Status validate(const LinkClientConfig& config) {
    if (auto status = validate_tls(config.tls); !status) return status;
    if (!is_name(config.name)) {
        return refuse("name", "'" + config.name + "' is no name", "1 to 63 of a-z, 0-9 and '-', unique");
    }
    if (config.server.find(':') == std::string::npos) {
        return refuse("server", "'" + config.server + "' has no port", "write HOST:PORT");
    }
    if (!config.tls.certificate.empty() && config.tls.ca.empty()) {
        return refuse("tls.ca", "a client with TLS needs the CA of its server", "give the file");
    }
    if (config.reconnect_ms < 20 || config.reconnect_ms > 500) {
        return refuse("reconnect_ms", "is not between 20 and 500", "leave it out for 250");
    }
    if (config.keepalive_ms < 100 || config.keepalive_ms > 60'000) {
        return refuse("keepalive_ms", "is not between 100 and 60000", "leave it out for 1000");
    }
    if (config.queue_limit == 0 || config.queue_limit > 1'000'000) {
        return refuse("queue_limit", "is not between 1 and 1000000", "leave it out for 4096");
    }
    if (config.max_message_bytes < 65'536 || config.max_message_bytes > (256U << 20U)) {
        return refuse("max_message_bytes", "is not between 65536 and 256 MiB", "leave it out for 16 MiB");
    }
    return {};
}

}  // namespace sluice::rpc
