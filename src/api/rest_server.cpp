#include "api/rest_server.hpp"

#include <algorithm>

#include "api/gate.hpp"
#include "api/http/static_files.hpp"
#include "api/routes.hpp"

namespace sluice::api {

class RestServer::Impl {
  public:
    Impl(RestConfig config, const Services& services)
        : config_(std::move(config)),
          services_(services),
          router_(all_routes(services_)),
          gate_(router_, services_),
          server_(config_.http, {[this](const http::Request& request) { return answer(request); },
                                 services_.clock, services_.random, services_.log, services_.metrics}) {
        if (!config_.portal_directory.empty())
            files_ = std::make_unique<http::StaticFiles>(config_.portal_directory);
    }

    base::Status start() {
        if (files_) {
            if (auto loaded = files_->load(); !loaded) return loaded;
        }
        return server_.start();
    }
    void stop() { server_.stop(); }
    [[nodiscard]] std::uint16_t port() const { return server_.port(); }
    [[nodiscard]] const std::vector<Route>& routes() const { return router_.routes(); }

  private:
    http::Response answer(const http::Request& request) {
        if (request.path == api_base || request.path.starts_with(std::string(api_base) + "/"))
            return gate_.answer(request);
        if (request.method != http::Method::get && request.method != http::Method::head) {
            Problem problem(405, "method-not-allowed", "This can not be done with it.",
                            "Only GET and HEAD work here.");
            problem.headers.emplace_back("Allow", "GET, HEAD");
            return to_response(problem);
        }
        if (request.path == "/metrics") return metrics(request);
        if (request.path.starts_with("/api/") || !files_) return to_response(Problem::not_found());
        return files_->answer(request);
    }

    http::Response metrics(const http::Request& request) const {
        const auto peer = net::Address::parse(request.remote_address);
        const bool allowed = peer && std::ranges::any_of(config_.metrics_from, [&](const net::Prefix& from) {
                                 return from.contains(*peer);
                             });
        if (!allowed)
            return to_response(
                Problem::forbidden("Add your address to metrics_from in the controller's configuration."));
        http::Response response;
        response.content_type = "text/plain; version=0.0.4";
        response.body = services_.metrics.prometheus_text();
        return response;
    }

    const RestConfig config_;
    const Services& services_;
    const Router router_;
    Gate gate_;
    std::unique_ptr<http::StaticFiles> files_;
    http::Server server_;
};

base::Status validate(const RestConfig& config) {
    return http::validate(config.http);
}

RestServer::RestServer(RestConfig config, const Services& services)
    : impl_(std::make_unique<Impl>(std::move(config), services)) {}
RestServer::~RestServer() = default;
base::Status RestServer::start() {
    return impl_->start();
}
void RestServer::stop() {
    impl_->stop();
}
std::uint16_t RestServer::port() const {
    return impl_->port();
}
const std::vector<Route>& RestServer::routes() const {
    return impl_->routes();
}

}  // namespace sluice::api
