#include "telemetry/udp_receiver.hpp"

#include <pthread.h>

#include <thread>
#include <utility>

#include <fmt/format.h>

#include "telemetry/receive_loop.hpp"
#include "telemetry/udp_source.hpp"

namespace sluice::telemetry {

struct UdpReceiver::State {
    // One a thread.
    struct Worker {
        Worker(std::vector<UdpSocket> sockets, const Config& config, DatagramHandler& handler,
               const base::Clock& clock)
            : source(std::move(sockets), clock, config.batch, config.max_datagram_bytes),
              loop({config.batch, config.gather_us, config.tick_interval_ms}, source, handler, clock) {}
        UdpSource source;
        ReceiveLoop loop;
        std::thread thread;
    };

    Config config;
    Dependencies dependencies;
    std::vector<std::uint16_t> ports;
    std::vector<std::unique_ptr<Worker>> workers;

    [[nodiscard]] base::Status open(const Listen& listen, std::vector<std::vector<UdpSocket>>& by_thread);
};

UdpReceiver::UdpReceiver(Config config, Dependencies dependencies)
    : state_(std::make_unique<State>(State{std::move(config), std::move(dependencies), {}, {}})) {}
UdpReceiver::~UdpReceiver() {
    stop();
}

base::Status UdpReceiver::State::open(const Listen& listen, std::vector<std::vector<UdpSocket>>& by_thread) {
    UdpSocket::Options options{listen.address, listen.port, config.receive_buffer_bytes, config.threads > 1};
    for (std::vector<UdpSocket>& sockets : by_thread) {
        auto socket = UdpSocket::open(options);
        if (!socket) return std::unexpected(std::move(socket.error()));
        options.port = socket->port();
        sockets.push_back(std::move(*socket));
    }
    ports.push_back(options.port);
    return config.threads > 1 ? by_thread.front().back().spread_by_sender(config.threads) : base::Status{};
}

base::Status UdpReceiver::start() {
    State& state = *state_;
    if (auto valid = validate(state.config); !valid) return valid;
    if (state.dependencies.handlers.size() != state.config.threads) {
        return base::fail(base::ErrorCode::internal, "as many handlers as threads are needed", "UdpReceiver");
    }
    state.ports.clear();
    state.workers.clear();
    std::vector<std::vector<UdpSocket>> by_thread(state.config.threads);
    for (const Listen& listen : state.config.listen) {
        if (auto opened = state.open(listen, by_thread); !opened) return opened;
    }
    for (std::size_t i = 0; i < by_thread.size(); ++i) {
        state.workers.push_back(std::make_unique<State::Worker>(std::move(by_thread[i]), state.config,
                                                                *state.dependencies.handlers[i],
                                                                state.dependencies.clock));
    }
    for (std::size_t i = 0; i < state.workers.size(); ++i) {
        State::Worker& worker = *state.workers[i];
        worker.thread = std::thread([&worker] { worker.loop.run(); });
        pthread_setname_np(worker.thread.native_handle(), fmt::format("receive-{}", i).c_str());
    }
    return {};
}

void UdpReceiver::stop() {
    for (const auto& worker : state_->workers) worker->loop.stop();
    for (const auto& worker : state_->workers) {
        if (worker->thread.joinable()) worker->thread.join();
    }
}

std::vector<std::uint16_t> UdpReceiver::ports() const {
    return state_->ports;
}

SourceStatistics UdpReceiver::statistics() const {
    SourceStatistics sum;
    for (const auto& worker : state_->workers) {
        const SourceStatistics one = worker->loop.statistics();
        sum.datagrams += one.datagrams;
        sum.bytes += one.bytes;
        sum.socket_full += one.socket_full;
        sum.cut += one.cut;
        sum.errors += one.errors;
        sum.buffer_bytes += one.buffer_bytes;
    }
    return sum;
}

base::Status validate(const UdpReceiver::Config& config) {
    const auto refuse = [](const char* field, std::string what, std::string hint) {
        return base::fail(base::ErrorCode::invalid_argument, std::move(what), field, std::move(hint));
    };
    if (config.listen.empty())
        return refuse("listen", "no port to receive on", "list at least one address and port");
    if (config.listen.size() > 16) return refuse("listen", "more than 16 ports", "leave some out");
    if (config.threads < 1 || config.threads > 64) {
        return refuse("threads", fmt::format("{} is out of bounds", config.threads),
                      "write a number from 1 to 64");
    }
    if (config.receive_buffer_bytes < 65536 || config.receive_buffer_bytes > (1U << 30U)) {
        return refuse("receive_buffer_bytes", fmt::format("{} is out of bounds", config.receive_buffer_bytes),
                      "write a number from 65536 to 1073741824");
    }
    if (config.max_datagram_bytes < 512 || config.max_datagram_bytes > 65535) {
        return refuse("max_datagram_bytes", fmt::format("{} is out of bounds", config.max_datagram_bytes),
                      "write a number from 512 to 65535");
    }
    if (config.batch < 1 || config.batch > 1024) {
        return refuse("batch", fmt::format("{} is out of bounds", config.batch),
                      "write a number from 1 to 1024");
    }
    if (config.gather_us > 50000)
        return refuse("gather_us", "more than 50 ms", "write a number from 0 to 50000");
    if (config.tick_interval_ms < 1 || config.tick_interval_ms > 10000) {
        return refuse("tick_interval_ms", fmt::format("{} is out of bounds", config.tick_interval_ms),
                      "write a number from 1 to 10000");
    }
    return {};
}

}  // namespace sluice::telemetry
