// Settings that both ends of a link share: transport security, the shared token, limits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/result.hpp"

namespace sluice::rpc {

// PEM files. Empty: that part is not used. A server needs certificate and key; with `ca` it demands a
// certificate of its clients that this CA signed (mutual TLS). A client needs `ca`; certificate and key are
// for mutual TLS.
struct TlsFiles {
    std::string ca;
    std::string certificate;
    std::string key;

    [[nodiscard]] bool empty() const { return ca.empty() && certificate.empty() && key.empty(); }
};

struct LinkServerConfig {
    std::string listen = "0.0.0.0:50061";
    TlsFiles tls;
    // Clients must send it. Empty: no token is asked for, which is only accepted on loopback or with mutual
    // TLS.
    std::string token;
    std::size_t max_message_bytes = 16 * 1024 * 1024;
    std::size_t max_collectors = 256;
    std::size_t max_gateways = 64;
    std::uint32_t keepalive_ms = 1000;  // a peer that does not answer for twice as long is cut off
};
[[nodiscard]] base::Status validate(const LinkServerConfig& config);

struct LinkClientConfig {
    std::string server = "127.0.0.1:50061";
    std::string name;  // unique among its kind: [a-z0-9-], at most 63 characters
    TlsFiles tls;
    std::string token;
    std::size_t max_message_bytes = 16 * 1024 * 1024;
    std::size_t queue_limit = 4096;  // messages that wait for the link; the oldest give way
    std::uint32_t reconnect_ms = 250;
    std::uint32_t keepalive_ms = 1000;
};
[[nodiscard]] base::Status validate(const LinkClientConfig& config);

}  // namespace sluice::rpc
