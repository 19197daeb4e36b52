// The controller's face: REST under /api/v1 after schema/openapi.yaml, server-sent events, /metrics for
// Prometheus, and the portal's files at /.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "api/http/server.hpp"
#include "api/router.hpp"
#include "api/services.hpp"
#include "base/result.hpp"
#include "net/prefix.hpp"

namespace sluice::api {

struct RestConfig {
    http::ServerConfig http;
    std::string portal_directory;  // the built portal; empty: none is served
    // Who may read /metrics, which has no login. Default: this host.
    std::vector<net::Prefix> metrics_from = {net::Prefix::of(net::Address::v4(0x7f000000U), 8),
                                             net::Prefix::host(*net::Address::parse("::1"))};
};
[[nodiscard]] base::Status validate(const RestConfig& config);

class RestServer {
  public:
    // `services` and what it refers to live longer.
    RestServer(RestConfig config, const Services& services);
    ~RestServer();  // stops

    [[nodiscard]] base::Status start();
    void stop();
    [[nodiscard]] std::uint16_t port() const;
    // What it serves below /api/v1, to be held against the API's description.
    [[nodiscard]] const std::vector<Route>& routes() const;

  private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::api
