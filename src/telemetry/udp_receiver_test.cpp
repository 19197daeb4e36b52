#include "telemetry/udp_receiver.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include <gtest/gtest.h>

namespace sluice::telemetry {
namespace {

class Handler final : public DatagramHandler {
  public:
    void on_datagrams(std::span<const Datagram> batch) override {
        const std::lock_guard lock(mutex);
        for (const Datagram& datagram : batch) {
            received[datagram.exporter] += 1;
            ports[datagram.exporter].insert(datagram.exporter_port);
            last_size = datagram.payload.size();
            last_at = datagram.received_at;
        }
        total += batch.size();
        while (hold) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    void on_tick(base::Instant) override { ++ticks; }

    std::mutex mutex;
    std::map<net::Address, int> received;
    std::map<net::Address, std::set<std::uint16_t>> ports;
    std::size_t last_size = 0;
    base::Timestamp last_at{};
    std::atomic<std::size_t> total{0};
    std::atomic<std::size_t> ticks{0};
    std::atomic<bool> hold{false};
};

// Sends from a loopback address of its own choice, each object from a port of its own.
class Sender {
  public:
    explicit Sender(const char* from) : v6_(std::string_view(from).find(':') != std::string_view::npos) {
        descriptor_ = ::socket(v6_ ? AF_INET6 : AF_INET, SOCK_DGRAM, 0);
        sockaddr_storage storage{};
        const socklen_t length = fill(storage, from, 0);
        bound_ = ::bind(descriptor_, reinterpret_cast<sockaddr*>(&storage), length) == 0;
    }
    ~Sender() { ::close(descriptor_); }
    Sender(const Sender&) = delete;
    Sender& operator=(const Sender&) = delete;
    [[nodiscard]] bool bound() const { return bound_; }
    bool send(std::uint16_t port, std::size_t bytes) {
        const std::vector<std::uint8_t> payload(bytes, 1);
        sockaddr_storage storage{};
        const socklen_t length = fill(storage, v6_ ? "::1" : "127.0.0.1", port);
        return ::sendto(descriptor_, payload.data(), payload.size(), 0, reinterpret_cast<sockaddr*>(&storage),
                        length) == static_cast<ssize_t>(bytes);
    }

  private:
    socklen_t fill(sockaddr_storage& storage, const char* address, std::uint16_t port) const {
        if (v6_) {
            auto& v6 = reinterpret_cast<sockaddr_in6&>(storage);
            v6.sin6_family = AF_INET6;
            v6.sin6_port = htons(port);
            inet_pton(AF_INET6, address, &v6.sin6_addr);
            return sizeof(v6);
        }
        auto& v4 = reinterpret_cast<sockaddr_in&>(storage);
        v4.sin_family = AF_INET;
        v4.sin_port = htons(port);
        inet_pton(AF_INET, address, &v4.sin_addr);
        return sizeof(v4);
    }
    bool v6_;
    bool bound_ = false;
    int descriptor_ = -1;
};

template <class Condition>
bool soon(Condition&& condition) {
    for (int i = 0; i < 2000; ++i) {
        if (condition()) return true;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return false;
}

UdpReceiver::Config config_for(const char* address, unsigned threads = 1) {
    UdpReceiver::Config config;
    config.listen = {{address, 0}};
    config.threads = threads;
    config.tick_interval_ms = 5;
    config.receive_buffer_bytes = 1U << 20U;
    return config;
}

TEST(UdpReceiver, ReceivesBothFamiliesWithTheKernelsTime) {
    base::SystemClock clock;
    Handler handler;
    UdpReceiver receiver(config_for("::"), {clock, {&handler}});
    const auto started = receiver.start();
    if (!started) GTEST_SKIP() << "no IPv6 here: " << started.error().message();
    const std::uint16_t port = receiver.ports().at(0);
    const base::Timestamp before = clock.wall();
    Sender v4("127.0.0.1");
    ASSERT_TRUE(v4.send(port, 100));
    ASSERT_TRUE(soon([&] { return handler.total == 1; }));
    {
        const std::lock_guard lock(handler.mutex);
        EXPECT_TRUE(handler.received.contains(*net::Address::parse("127.0.0.1")));
        EXPECT_EQ(handler.last_size, 100U);
        EXPECT_GE(handler.last_at, before - std::chrono::seconds(1));
        EXPECT_LE(handler.last_at, clock.wall() + std::chrono::seconds(1));
    }
    Sender v6("::1");
    if (v6.bound()) {
        ASSERT_TRUE(v6.send(port, 50));
        EXPECT_TRUE(soon([&] { return handler.total == 2; }));
    }
    EXPECT_TRUE(soon([&] { return handler.ticks > 3; }));
    receiver.stop();
    EXPECT_EQ(receiver.statistics().datagrams, handler.total);
    EXPECT_GE(receiver.statistics().buffer_bytes, 65536U);
}

TEST(UdpReceiver, AllOfOneExporterReachesOneThreadWhateverItsPorts) {
    base::SystemClock clock;
    Handler handlers[2];
    UdpReceiver receiver(config_for("127.0.0.1", 2), {clock, {&handlers[0], &handlers[1]}});
    const auto started = receiver.start();
    ASSERT_TRUE(started) << started.error().message();
    const std::uint16_t port = receiver.ports().at(0);
    constexpr std::size_t exporters = 24;
    for (std::size_t i = 0; i < exporters; ++i) {
        const std::string from = "127.9.0." + std::to_string(i + 1);
        Sender first(from.c_str());
        Sender second(from.c_str());
        Sender third(from.c_str());
        for (Sender* sender : {&first, &second, &third}) ASSERT_TRUE(sender->send(port, 100));
    }
    ASSERT_TRUE(soon([&] { return handlers[0].total + handlers[1].total == 3 * exporters; }));
    receiver.stop();
    EXPECT_GT(handlers[0].received.size(), 3U);
    EXPECT_GT(handlers[1].received.size(), 3U);
    EXPECT_EQ(handlers[0].received.size() + handlers[1].received.size(), exporters);
    for (const Handler& handler : handlers) {
        for (const auto& [exporter, ports] : handler.ports)
            EXPECT_EQ(ports.size(), 3U) << exporter.to_string();
    }
}

TEST(UdpReceiver, WhatTheKernelDropsIsCounted) {
    base::SystemClock clock;
    Handler handler;
    UdpReceiver::Config config = config_for("127.0.0.1");
    config.receive_buffer_bytes = 65536;
    config.batch = 1;
    UdpReceiver receiver(config, {clock, {&handler}});
    ASSERT_TRUE(receiver.start());
    handler.hold = true;
    Sender sender("127.0.0.1");
    constexpr std::size_t sent = 2000;
    for (std::size_t i = 0; i < sent; ++i) ASSERT_TRUE(sender.send(receiver.ports().at(0), 1000));
    handler.hold = false;
    EXPECT_TRUE(soon([&] { return handler.total + receiver.statistics().socket_full == sent; }));
    receiver.stop();
    EXPECT_GT(receiver.statistics().socket_full, 0U);
    EXPECT_EQ(handler.total + receiver.statistics().socket_full, sent);
}

TEST(UdpReceiver, WhatIsTooLongIsCounted) {
    base::SystemClock clock;
    Handler handler;
    UdpReceiver::Config config = config_for("127.0.0.1");
    config.max_datagram_bytes = 1000;
    UdpReceiver receiver(config, {clock, {&handler}});
    ASSERT_TRUE(receiver.start());
    Sender sender("127.0.0.1");
    ASSERT_TRUE(sender.send(receiver.ports().at(0), 1001));
    ASSERT_TRUE(sender.send(receiver.ports().at(0), 1000));
    ASSERT_TRUE(soon([&] { return handler.total == 1; }));
    receiver.stop();
    EXPECT_EQ(receiver.statistics().cut, 1U);
}

TEST(UdpReceiver, APortInUseIsSaidToBeSo) {
    base::SystemClock clock;
    Handler handler;
    UdpReceiver first(config_for("127.0.0.1"), {clock, {&handler}});
    ASSERT_TRUE(first.start());
    UdpReceiver::Config config = config_for("127.0.0.1");
    config.listen[0].port = first.ports().at(0);
    UdpReceiver second(config, {clock, {&handler}});
    const auto refused = second.start();
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().hint.find("another program"), std::string::npos);
    EXPECT_NE(refused.error().where.find(std::to_string(config.listen[0].port)), std::string::npos);
}

TEST(UdpReceiver, RefusesSettingsOutOfBounds) {
    UdpReceiver::Config config;
    EXPECT_FALSE(validate(config));
    config.listen = {{"::", 2055}};
    EXPECT_TRUE(validate(config));
    config.threads = 0;
    EXPECT_EQ(validate(config).error().where, "threads");
    config.threads = 1;
    config.listen = {{"localhost", 2055}};
    base::SystemClock clock;
    Handler handler;
    UdpReceiver receiver(config, {clock, {&handler}});
    EXPECT_NE(receiver.start().error().hint.find("numeric"), std::string::npos);
}

}  // namespace
}  // namespace sluice::telemetry
