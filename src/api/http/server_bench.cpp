// Requests a second and the time of one, over connections that are kept: the server's own cost, with a
// handler that does nothing.
#include <arpa/inet.h>
#include <benchmark/benchmark.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>
#include <memory>
#include <string>

#include "api/http/server.hpp"

namespace sluice::api::http {
namespace {

struct Running {
    base::SystemClock clock;
    base::SystemRandom random;
    base::MetricRegistry metrics;
    std::unique_ptr<Server> server;

    Running() {
        ServerConfig config;
        config.listen = "127.0.0.1:0";
        server = std::make_unique<Server>(
            config,
            Server::Dependencies{[](const Request&) {
                                     Response response;
                                     response.content_type = "application/json";
                                     response.body = R"({"status":"ok"})";
                                     return response;
                                 },
                                 clock, random, base::Logger(base::null_sink(), clock, "bench"), metrics});
        if (!server->start()) std::abort();
    }
};

Running& running() {
    static Running one;
    return one;
}

class Connection {
  public:
    explicit Connection(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(port);
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (::connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) std::abort();
        const int yes = 1;
        ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    }
    ~Connection() { ::close(socket_); }

    // Sends the request and reads one answer of less than 4 kB that ends with its body's last brace.
    void ask(const std::string& request) {
        if (::send(socket_, request.data(), request.size(), MSG_NOSIGNAL) < 0) std::abort();
        std::size_t have = 0;
        while (have == 0 || buffer_[have - 1] != '}') {
            const ssize_t got = ::recv(socket_, buffer_ + have, sizeof buffer_ - have, 0);
            if (got <= 0) std::abort();
            have += static_cast<std::size_t>(got);
        }
    }

  private:
    int socket_;
    char buffer_[4096];
};

void one_request(benchmark::State& state) {
    Connection connection(running().server->port());
    const std::string request =
        "GET /api/v1/health HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\n\r\n";
    for (auto _ : state) connection.ask(request);
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(one_request)->UseRealTime();
BENCHMARK(one_request)->Threads(4)->UseRealTime();

}  // namespace
}  // namespace sluice::api::http

BENCHMARK_MAIN();
