// The HTTP/1.1 server: sockets, TLS, limits. What is asked for and answered is the handler's matter.
//
// A thread a connection, as many as are open, up to a limit; one more is answered 503 and closed. What a peer
// sends is bounded in bytes and time before a handler sees it. Request bodies need a Content-Length and no
// Content-Encoding.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "api/http/message.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/metrics.hpp"
#include "base/random.hpp"
#include "base/result.hpp"

namespace sluice::api::http {

struct ServerConfig {
    std::string listen = "127.0.0.1:8080";
    std::string certificate;  // PEM files, chain included; with both of them set, TLS only
    std::string key;
    std::size_t max_connections = 256;
    std::size_t max_head_bytes = 16 * 1024;  // request line and headers
    std::size_t max_headers = 64;
    std::size_t max_body_bytes = 4 * 1024 * 1024;
    std::uint32_t head_timeout_ms = 5000;  // from the first byte of a request
    std::uint32_t body_timeout_ms = 20'000;
    std::uint32_t write_timeout_ms = 10'000;  // a peer that takes nothing for so long is cut off
    std::uint32_t idle_timeout_ms = 30'000;   // between requests
    std::uint32_t stream_heartbeat_ms = 15'000;
};
[[nodiscard]] base::Status validate(const ServerConfig& config);

class Server {
  public:
    struct Dependencies {
        Handler handler;
        const base::Clock& clock;
        base::Random& random;
        base::Logger log;
        base::MetricRegistry& metrics;
    };

    Server(ServerConfig config, Dependencies dependencies);
    ~Server();  // stops

    // unavailable: the address is taken; invalid_argument: address or certificate files.
    [[nodiscard]] base::Status start();
    // Requests that are being answered are finished; streams end.
    void stop();
    // The port that it listens on (for a configured port 0).
    [[nodiscard]] std::uint16_t port() const;

  private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::api::http
