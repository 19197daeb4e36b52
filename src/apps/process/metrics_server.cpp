#include "apps/process/metrics_server.hpp"

#include <httplib.h>

#include <chrono>
#include <thread>

namespace sluice::apps::process {

struct MetricsServer::State {
    httplib::Server server;
    std::thread thread;
};

MetricsServer::MetricsServer(std::string listen, const base::MetricRegistry& registry)
    : listen_(std::move(listen)), registry_(registry) {}

MetricsServer::~MetricsServer() {
    stop();
}

base::Status MetricsServer::start() {
    if (listen_.empty()) return {};
    const std::size_t colon = listen_.rfind(':');
    if (colon == std::string::npos) {
        return base::fail(base::ErrorCode::invalid_argument, "no port", "metrics", "write 127.0.0.1:9102");
    }
    std::string host = listen_.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    auto state = std::make_unique<State>();
    // A scraper or two; the default is a thread a processor.
    state->server.new_task_queue = [] { return new httplib::ThreadPool(2); };
    state->server.set_tcp_nodelay(true);
    state->server.set_read_timeout(5);
    state->server.set_write_timeout(5);
    state->server.Get("/metrics", [this](const httplib::Request&, httplib::Response& response) {
        response.set_content(registry_.prometheus_text(), "text/plain; version=0.0.4");
    });
    state->server.Get("/healthz", [](const httplib::Request&, httplib::Response& response) {
        response.set_content("ok\n", "text/plain");
    });
    if (!state->server.bind_to_port(host, std::stoi(listen_.substr(colon + 1)))) {
        return base::fail(base::ErrorCode::io, "cannot listen on " + listen_, "metrics",
                          "another process has the port, or the address is not this machine's");
    }
    state->thread = std::thread([&server = state->server] { server.listen_after_bind(); });
    // stop() does nothing to a server that has not begun to serve.
    while (!state->server.is_running()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    state_ = std::move(state);
    return {};
}

void MetricsServer::stop() {
    if (!state_) return;
    state_->server.stop();
    state_->thread.join();
    state_.reset();
}

}  // namespace sluice::apps::process
