// The gateway over real kernel interfaces, and source verification with the kernel's own TCP as client, over
// a path that shows the gateway one direction only.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "dataplane/gateway.hpp"
#include "endpoint.hpp"
#include "one_way_path.hpp"
#include "packet/device.hpp"
#include "packet/packet_text.hpp"

namespace sluice::integration {
namespace {

using namespace std::chrono_literals;

dataplane::Mac mac(const char* text) {
    dataplane::Mac out{};
    for (std::size_t i = 0; i < out.size(); ++i)
        out[i] = static_cast<std::uint8_t>(std::stoul(text + i * 3, nullptr, 16));
    return out;
}

// Sends back what it is sent, a connection after the other.
class EchoServer {
  public:
    EchoServer(const OneWayPath& path, const char* host, std::uint16_t port) {
        path.spaces().inside("server", [&] {
            const Endpoint at(host, port);
            socket_ = ::socket(at.family(), SOCK_STREAM, 0);
            const int on = 1;
            (void)::setsockopt(socket_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
            EXPECT_EQ(::bind(socket_, at.get(), at.size), 0);
            EXPECT_EQ(::listen(socket_, 64), 0);
        });
        thread_ = std::thread([this] {
            while (!stopping_) {
                pollfd ready{socket_, POLLIN, 0};
                if (::poll(&ready, 1, 20) != 1) continue;
                const int client = ::accept(socket_, nullptr, nullptr);
                char buffer[4096];
                for (ssize_t n = 0; (n = ::read(client, buffer, sizeof buffer)) > 0;) {
                    if (::write(client, buffer, static_cast<std::size_t>(n)) != n) break;
                }
                ::close(client);
                ++served_;
            }
        });
    }
    ~EchoServer() {
        stopping_ = true;
        thread_.join();
        ::close(socket_);
    }
    [[nodiscard]] int served() const { return served_; }

  private:
    int socket_ = -1;
    std::atomic<bool> stopping_{false};
    std::atomic<int> served_{0};
    std::thread thread_;
};

// The time that connect() took; negative when the exchange failed.
std::chrono::milliseconds exchange(const char* host, std::uint16_t port) {
    const Endpoint to(host, port);
    const int fd = ::socket(to.family(), SOCK_STREAM, 0);
    const timeval patience{5, 0};
    (void)::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    (void)::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    const auto start = std::chrono::steady_clock::now();
    std::chrono::milliseconds took{-1};
    if (::connect(fd, to.get(), to.size) == 0) {
        const auto connected = std::chrono::steady_clock::now() - start;
        std::vector<char> sent(20'000, 'x');
        std::vector<char> back;
        bool good = ::write(fd, sent.data(), sent.size()) == static_cast<ssize_t>(sent.size());
        char buffer[4096];
        while (good && back.size() < sent.size()) {
            const ssize_t n = ::read(fd, buffer, sizeof buffer);
            good = n > 0;
            if (good) back.insert(back.end(), buffer, buffer + n);
        }
        if (good) took = std::chrono::duration_cast<std::chrono::milliseconds>(connected);
    }
    ::close(fd);
    return took;
}

class GatewayVeth : public ::testing::TestWithParam<const char*> {
  protected:
    void SetUp() override {
        if (const std::string reason = Namespaces::missing(); !reason.empty()) GTEST_SKIP() << reason;
        path_ = std::make_unique<OneWayPath>(std::to_string(::getpid()));
        path_->spaces().enter("guard");
        if (eal_ == nullptr) eal_ = packet::Eal::start({.memory_mb = 512}).value().release();
        static int number = 0;
        const std::string driver = GetParam();
        const auto open = [&](const char* interface) {
            return packet::Device::open(
                *eal_,
                {.device = driver + std::to_string(number++) + ",iface=" + interface, .buffers = 16'383});
        };
        auto dirty = open("dirty");
        if (!dirty) GTEST_SKIP() << "no " << driver << " here: " << dirty.error().message();
        auto clean = open("clean");
        ASSERT_TRUE(clean.has_value()) << clean.error().message();
        dirty_ = std::move(*dirty);
        clean_ = std::move(*clean);
        dataplane::Gateway::Config config;
        config.dirty_mac = dirty_->mac();
        config.dirty_addresses = {*net::Address::parse(OneWayPath::dirty4),
                                  *net::Address::parse(OneWayPath::dirty6)};
        config.way = {.rewrite = true,
                      .source = clean_->mac(),
                      .next_hop4 = mac(OneWayPath::clean_router_mac),
                      .next_hop6 = mac(OneWayPath::clean_router_mac)};
        gateway_ = std::make_unique<dataplane::Gateway>(
            config,
            dataplane::Gateway::Dependencies{{{&dirty_->queue(0), &clean_->queue(0)}}, clock_, random_});
        ASSERT_TRUE(gateway_->start().has_value());
    }
    void TearDown() override {
        gateway_.reset();
        dirty_.reset();
        clean_.reset();
        path_.reset();
    }

    void protect(bool verify) {
        model::TenantProgram program;
        program.tenant = model::TenantId(1);
        program.prefixes = {net::Prefix::parse("203.0.113.0/24").value(),
                            net::Prefix::parse("2001:db8:3::/48").value()};
        model::ScrubProfile profile;
        profile.verify_tcp = verify ? model::TcpVerification::all : model::TcpVerification::off;
        for (const char* server : {OneWayPath::server4, OneWayPath::server6}) {
            program.targets.push_back({net::Prefix::parse(server).value(), model::MitigationId(1), profile});
        }
        ASSERT_TRUE(gateway_->apply({&program, 1}, {}, true, 1).empty());
    }
    [[nodiscard]] model::TargetCounters counters(const char* server) const {
        for (const auto& target : gateway_->report().targets) {
            if (target.target == net::Prefix::parse(server).value()) return target;
        }
        ADD_FAILURE() << "no counters of " << server;
        return {};
    }
    std::chrono::milliseconds exchange_with(const char* server) const {
        std::chrono::milliseconds took{-1};
        path_->spaces().inside("client", [&] { took = exchange(server, 8080); });
        return took;
    }

    static packet::Eal* eal_;  // once a process, and left to its end
    base::SystemClock clock_;
    base::SystemRandom random_;
    std::unique_ptr<OneWayPath> path_;
    std::unique_ptr<packet::Device> dirty_;
    std::unique_ptr<packet::Device> clean_;
    std::unique_ptr<dataplane::Gateway> gateway_;
};
packet::Eal* GatewayVeth::eal_ = nullptr;

constexpr const char* servers[] = {OneWayPath::server4, OneWayPath::server6};

}  // namespace

TEST_P(GatewayVeth, ForwardsWhatIsClean) {
    protect(false);
    for (const char* server : servers) {
        const EchoServer echo(*path_, server, 8080);
        const auto took = exchange_with(server);
        EXPECT_GE(took.count(), 0) << server;
        const auto target = counters(server);
        EXPECT_GE(target.passed.packets, 4U);
        EXPECT_EQ(target.dropped.packets, 0U);
    }
    EXPECT_GE(gateway_->local_packets(), 2U) << "the router found the gateway by ARP and neighbour discovery";
}

TEST_P(GatewayVeth, RealClientsPassVerificationUnawares) {
    protect(true);
    for (const char* server : servers) {
        const EchoServer echo(*path_, server, 8080);
        const auto first = exchange_with(server);
        EXPECT_GE(first.count(), 0) << server;
        EXPECT_LT(first.count(), 1300)
            << server << ": the client's SYN is sent again at once, at the latest after 1 s";
        const auto target = counters(server);
        EXPECT_GE(target.answered.packets, 1U);
        EXPECT_EQ(target.verified_sources, 1U);
        const auto second = exchange_with(server);
        EXPECT_GE(second.count(), 0) << server;
        EXPECT_LT(second.count(), 200) << server << ": nothing stands in a verified source's way";
        EXPECT_EQ(counters(server).answered.packets, target.answered.packets);
        RecordProperty(std::string("first_connect_ms_") + (server == servers[0] ? "4" : "6"),
                       static_cast<int>(first.count()));
    }
}

TEST_P(GatewayVeth, SpoofedSynsGetNoFurther) {
    protect(true);
    const EchoServer echo(*path_, servers[0], 8080);
    // To addresses that nobody has the answers go nowhere: the edge has no route for them.
    path_->spaces().inside("client", [] {
        const int raw = ::socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
        const Endpoint to(servers[0], 8080);
        for (int i = 0; i < 1000; ++i) {
            const std::string text = "tcp 198.19." + std::to_string(i / 250) + "." +
                                     std::to_string(1 + i % 250) + ":4242 > " + servers[0] +
                                     ":8080 syn seq " + std::to_string(i);
            const auto frame = packet::parse_packet_text(text).value();
            EXPECT_EQ(::sendto(raw, frame.data() + 14, frame.size() - 14, 0, to.get(), to.size),
                      static_cast<ssize_t>(frame.size() - 14));
            if (i % 100 == 0) std::this_thread::sleep_for(5ms);
        }
        ::close(raw);
    });
    EXPECT_GE(exchange_with(servers[0]).count(), 0) << "a real client gets through meanwhile";
    const auto target = counters(servers[0]);
    EXPECT_GE(target.answered.packets, 990U);
    EXPECT_EQ(target.verified_sources, 1U);
    EXPECT_LT(target.passed.packets, 200U);
}

INSTANTIATE_TEST_SUITE_P(Drivers, GatewayVeth, ::testing::Values("net_af_packet", "net_af_xdp"),
                         [](const auto& driver) { return std::string(driver.param).substr(4); });

}  // namespace sluice::integration
