// A customer with a firewall under a SYN flood, with the kernel's own TCP at both ends: the first connection
// of a client is spliced, whoever speaks first, with NAT and without, and with packets lost.
//
//   client ──── "dirty"  gateway  "clean" ──── server
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "dataplane/gateway.hpp"
#include "endpoint.hpp"
#include "namespaces.hpp"
#include "packet/device.hpp"
#include "packet/packet_text.hpp"

namespace sluice::integration {
namespace {

using namespace std::chrono_literals;

constexpr std::uint16_t echo_port = 8080;   // sends back what it is sent
constexpr std::uint16_t greet_port = 2525;  // speaks first
constexpr std::uint16_t no_port = 99;
constexpr const char* server4 = "203.0.113.5";
constexpr const char* server6 = "2001:db8:3::5";
constexpr const char* client_mac = "02:5c:00:00:31:02";
constexpr const char* published4 = "203.0.113.200";  // the same server behind NAT
constexpr const char* published6 = "2001:db8:3:1::200";

// What is sent at this place: a shifted number that is wrong by anything shows.
char byte_at(std::size_t place) {
    return static_cast<char>(place * 2'654'435'761U >> 13U);
}

// Listens on both ports of both families; a thread for each connection.
class Server {
  public:
    // In the server's namespace.
    Server() {
        for (const char* any : {"0.0.0.0", "::"}) {
            for (const std::uint16_t port : {echo_port, greet_port}) {
                const Endpoint at(any, port);
                const int listener = ::socket(at.family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
                const int on = 1;
                (void)::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
                (void)::setsockopt(listener, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
                EXPECT_EQ(::bind(listener, at.get(), at.size), 0);
                EXPECT_EQ(::listen(listener, 64), 0);
                listeners_.push_back({listener, POLLIN, 0});
            }
        }
        thread_ = std::thread([this] { accept(); });
    }
    ~Server() {
        stopping_ = true;
        thread_.join();
        for (auto& connection : connections_) connection.join();
        for (const pollfd& listener : listeners_) ::close(listener.fd);
    }

  private:
    void accept() {
        while (!stopping_) {
            if (::poll(listeners_.data(), listeners_.size(), 20) <= 0) continue;
            for (std::size_t n = 0; n < listeners_.size(); ++n) {
                if ((listeners_[n].revents & POLLIN) == 0) continue;
                const int fd = ::accept4(listeners_[n].fd, nullptr, nullptr, SOCK_CLOEXEC);
                if (fd >= 0) connections_.emplace_back([fd, greets = n % 2 == 1] { serve(fd, greets); });
            }
        }
    }
    static void serve(int fd, bool greets) {
        const timeval patience{20, 0};
        (void)::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        if (greets) (void)!::write(fd, "hello\n", 6);
        std::vector<char> buffer(65'536);
        for (ssize_t n = 0; (n = ::read(fd, buffer.data(), buffer.size())) > 0;) {
            for (ssize_t done = 0; done < n;) {
                const ssize_t more = ::write(fd, buffer.data() + done, static_cast<std::size_t>(n - done));
                if (more <= 0) break;
                done += more;
            }
        }
        ::close(fd);
    }

    std::vector<pollfd> listeners_;
    std::vector<std::thread> connections_;
    std::atomic<bool> stopping_{false};
    std::thread thread_;
};

struct Conversation {
    int error = 0;  // of connect() or read()
    std::chrono::milliseconds connected{-1};
    std::size_t sent = 0;
    std::size_t heard = 0;
    bool right = true;    // what came back is what was sent
    bool scales = false;  // window scaling is in force: the ends have met without a splice
    std::string greeting;
    std::chrono::milliseconds greeted{-1};
};

// In the client's namespace: `bytes` there and back.
Conversation talk(const char* host, std::uint16_t port, std::size_t bytes) {
    Conversation out;
    const Endpoint to(host, port);
    const int fd = ::socket(to.family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
    const timeval patience{20, 0};
    (void)::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    (void)::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    const auto start = std::chrono::steady_clock::now();
    if (::connect(fd, to.get(), to.size) != 0) {
        out.error = errno;
        ::close(fd);
        return out;
    }
    const auto since_start = [&] {
        return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                                     start);
    };
    out.connected = since_start();
    char buffer[65'536];
    if (port == greet_port) {
        const ssize_t n = ::read(fd, buffer, sizeof buffer);
        if (n > 0) out.greeting.assign(buffer, static_cast<std::size_t>(n));
        out.greeted = since_start();
    }
    std::thread writer([&] {
        std::vector<char> piece(32'768);
        while (out.sent < bytes) {
            const std::size_t count = std::min(piece.size(), bytes - out.sent);
            for (std::size_t i = 0; i < count; ++i) piece[i] = byte_at(out.sent + i);
            const ssize_t n = ::send(fd, piece.data(), count, MSG_NOSIGNAL);
            if (n <= 0) break;
            out.sent += static_cast<std::size_t>(n);
        }
        ::shutdown(fd, SHUT_WR);
    });
    for (;;) {
        const ssize_t n = ::read(fd, buffer, sizeof buffer);
        if (n < 0) out.error = errno;
        if (n <= 0) break;
        for (ssize_t i = 0; i < n; ++i) out.right = out.right && buffer[i] == byte_at(out.heard++);
    }
    writer.join();
    tcp_info info{};
    socklen_t size = sizeof info;
    (void)::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size);
    out.scales = (info.tcpi_options & TCPI_OPT_WSCALE) != 0;
    ::close(fd);
    return out;
}

class SpliceVeth : public ::testing::TestWithParam<const char*> {
  protected:
    void SetUp() override {
        if (const std::string reason = Namespaces::missing(); !reason.empty()) GTEST_SKIP() << reason;
        spaces_ = std::make_unique<Namespaces>("sls-" + std::to_string(::getpid()),
                                               std::vector<std::string>{"gate", "client", "server"});
        spaces_->host({"client", "eth0", client_mac}, {"gate", "dirty"}, "198.18.0.", "2001:db8:f::");
        spaces_->host({"server", "eth0"}, {"gate", "clean"}, "203.0.113.", "2001:db8:3::");
        spaces_->enter("gate");
        if (eal_ == nullptr) eal_ = packet::Eal::start({.memory_mb = 256}).value().release();
        for (const char* device : {"dirty", "clean"}) {
            static int number = 0;
            auto opened = packet::Device::open(
                *eal_,
                {.device = std::string("net_af_packet_s") + std::to_string(number++) + ",iface=" + device,
                 .buffers = 16'383});
            ASSERT_TRUE(opened.has_value()) << opened.error().message();
            devices_.push_back(std::move(*opened));
        }
        start();
        spaces_->inside("server", [this] { server_ = std::make_unique<Server>(); });
    }
    void TearDown() override {
        server_.reset();
        gateway_.reset();
        devices_.clear();
        spaces_.reset();
    }

    void start() {
        dataplane::Gateway::Config config;
        config.dirty_mac = devices_[0]->mac();
        config.dirty_addresses = {*net::Address::parse("198.18.0.1"), *net::Address::parse("2001:db8:f::1")};
        config.way = {.rewrite = true, .source = devices_[1]->mac(), .next_hop4 = {2}, .next_hop6 = {2}};
        config.internet_way = {.rewrite = true,
                               .source = devices_[0]->mac(),
                               .next_hop4 = {2, 0x5c, 0, 0, 0x31, 2},
                               .next_hop6 = {2, 0x5c, 0, 0, 0x31, 2}};
        config.max_flows = 4096;
        config.max_firewalls = 16;
        gateway_ = std::make_unique<dataplane::Gateway>(
            config, dataplane::Gateway::Dependencies{
                        {{&devices_[0]->queue(0), &devices_[1]->queue(0), {}}}, clock_, random_});
        model::TenantProgram program;
        program.tenant = model::TenantId(1);
        program.prefixes = {net::Prefix::parse("203.0.113.0/24").value(),
                            net::Prefix::parse("2001:db8:3::/48").value()};
        program.firewall.enabled = true;
        program.firewall.zones = {"internet", "dmz"};
        model::Attachment lan;
        lan.name = "dmz";
        lan.zone = 1;
        lan.kind = model::AttachmentKind::port;
        lan.port = "clean";
        lan.gateway4 = *net::Address::parse("203.0.113.1");
        lan.gateway6 = *net::Address::parse("2001:db8:3::1");
        lan.prefixes = {net::Prefix::parse("203.0.113.0/25").value(),
                        net::Prefix::parse("2001:db8:3::/64").value()};
        program.firewall.attachments = {lan};
        model::FirewallRule all;
        all.name = "all";
        all.action = model::RuleAction::allow;
        program.firewall.rules = {all};
        for (const auto& [outside, inside] :
             {std::pair{published4, server4}, std::pair{published6, server6}}) {
            model::NatRule published;
            published.name = outside;
            published.kind = model::NatKind::destination;
            published.match = {net::Prefix::parse(outside).value()};
            published.translated = {net::Prefix::parse(inside).value()};
            program.firewall.nat.push_back(published);
        }
        model::ScrubProfile profile;
        profile.verify_tcp = model::TcpVerification::all;
        profile.tcp_method = model::TcpMethod::splice;
        for (const char* target : {server4, server6, published4, published6})
            program.targets.push_back({net::Prefix::parse(target).value(), model::MitigationId(1), profile});
        const auto refused = gateway_->apply({&program, 1}, {}, true, 1);
        ASSERT_TRUE(refused.empty()) << refused[0].why;
        ASSERT_TRUE(gateway_->start().has_value());
    }
    [[nodiscard]] model::TargetCounters counters(const char* target) const {
        for (const auto& counts : gateway_->report().targets) {
            if (counts.target == net::Prefix::parse(target).value()) return counts;
        }
        ADD_FAILURE() << "no counters of " << target;
        return {};
    }

    [[nodiscard]] Conversation converse(const char* host, std::uint16_t port, std::size_t bytes) const {
        Conversation out;
        spaces_->inside("client", [&] { out = talk(host, port, bytes); });
        return out;
    }
    // The gateway then knows the server's place on the link.
    void show_server() const {
        for (const char* gateway : {"203.0.113.1", "2001:db8:3::1"})
            spaces_->run("server", std::string("ping -q -c 1 -W 1 ") + gateway + " >/dev/null");
    }
    // The TCP that this nftables rule is about gets lost at the host, on its way "in" or "out".
    [[nodiscard]] bool lose(const std::string& role, const std::string& way, const std::string& which) const {
        return spaces_->runs(role, "nft add table inet loss") &&
               spaces_->runs(role, "nft 'add chain inet loss " + way + " { type filter hook " + way +
                                       "put priority 0; }'") &&
               spaces_->runs(role,
                             "nft 'add rule inet loss " + way + " meta l4proto tcp " + which + " drop'");
    }
    // Some of each hundred packets that it receives.
    [[nodiscard]] bool lose(const std::string& role, int of_hundred) const {
        return lose(role, "in", "numgen random mod 100 < " + std::to_string(of_hundred));
    }
    // The client's first connection, to a server that speaks first, whatever was lost on the way to it.
    void expect_greeting() const {
        const auto first = converse(GetParam(), greet_port, 100);
        EXPECT_EQ(first.error, 0);
        EXPECT_EQ(first.greeting, "hello\n");
        EXPECT_LT(first.greeted, 3s);
        EXPECT_EQ(first.heard, 100U);
        EXPECT_FALSE(first.scales);
    }

    static packet::Eal* eal_;  // once a process, and left to its end
    base::SystemClock clock_;
    base::SystemRandom random_;
    std::unique_ptr<Namespaces> spaces_;
    std::vector<std::unique_ptr<packet::Device>> devices_;
    std::unique_ptr<dataplane::Gateway> gateway_;
    std::unique_ptr<Server> server_;
};
packet::Eal* SpliceVeth::eal_ = nullptr;

constexpr std::size_t mebibyte = 1U << 20U;

}  // namespace

TEST_P(SpliceVeth, MegabytesGoBothWaysAtTheFirstAttempt) {
    const auto first = converse(GetParam(), echo_port, 8 * mebibyte);
    EXPECT_EQ(first.error, 0);
    EXPECT_EQ(first.sent, 8 * mebibyte);
    EXPECT_EQ(first.heard, 8 * mebibyte);
    EXPECT_TRUE(first.right);
    EXPECT_FALSE(first.scales) << "it was spliced";
    EXPECT_LT(first.connected.count(), 200);
    auto target = counters(GetParam());
    EXPECT_EQ(target.spliced, 1U);
    EXPECT_EQ(target.answered.packets, 1U) << "one SYN, one answer";
    // Who has shown himself is connected with the server itself.
    const auto second = converse(GetParam(), echo_port, mebibyte);
    EXPECT_EQ(second.error, 0);
    EXPECT_EQ(second.heard, mebibyte);
    EXPECT_TRUE(second.right);
    EXPECT_TRUE(second.scales);
    target = counters(GetParam());
    EXPECT_EQ(target.spliced, 1U);
    EXPECT_EQ(target.answered.packets, 1U);
}

TEST_P(SpliceVeth, AServerMaySpeakFirst) {
    show_server();
    expect_greeting();
    EXPECT_EQ(counters(GetParam()).spliced, 1U);
}

// A client that waits to be greeted has nothing to ask again with: the gateway does.
TEST_P(SpliceVeth, AServerMaySpeakFirstWhosePlaceOnTheLinkIsNotKnown) {
    expect_greeting();
    const auto target = counters(GetParam());
    EXPECT_GE(target.reasons[static_cast<std::size_t>(model::DropReason::no_next_hop)].packets, 1U)
        << "the first SYN was dropped";
    EXPECT_GE(target.syns_repeated, 1U);
    EXPECT_EQ(target.spliced, 1U);
}

TEST_P(SpliceVeth, AServerMaySpeakFirstBehindALostSyn) {
    show_server();
    if (!lose("server", "in", "tcp flags & (syn | ack) == syn numgen inc mod 1000 < 1"))
        GTEST_SKIP() << "no nftables here";
    expect_greeting();
    const auto target = counters(GetParam());
    EXPECT_GE(target.syns_repeated, 1U);
    EXPECT_EQ(target.spliced, 1U);
}

TEST_P(SpliceVeth, AServerMaySpeakFirstBehindALostSynAck) {
    show_server();
    if (!lose("server", "out", "tcp flags & (syn | ack) == (syn | ack) numgen inc mod 1000 < 1"))
        GTEST_SKIP() << "no nftables here";
    expect_greeting();
    const auto target = counters(GetParam());
    EXPECT_GE(target.syns_repeated, 1U);
    EXPECT_EQ(target.spliced, 1U);
}

TEST_P(SpliceVeth, SeveralAtOnceAreAllSpliced) {
    show_server();  // as long as its place is asked for, SYNs of sources that are proved already are dropped
    std::array<Conversation, 8> all;
    spaces_->inside("client", [&] {
        std::vector<std::thread> threads;
        for (Conversation& one : all)
            threads.emplace_back([&one] { one = talk(GetParam(), echo_port, 200'000); });
        for (std::thread& thread : threads) thread.join();
    });
    for (const Conversation& one : all) {
        EXPECT_EQ(one.error, 0);
        EXPECT_EQ(one.heard, 200'000U);
        EXPECT_TRUE(one.right);
        EXPECT_LT(one.connected.count(), 500);
    }
    EXPECT_GE(counters(GetParam()).spliced, 1U);
}

TEST_P(SpliceVeth, AServerThatRefusesResetsTheClient) {
    const auto refused = converse(GetParam(), no_port, 100);
    EXPECT_TRUE(refused.error == ECONNRESET || refused.error == EPIPE) << refused.error;
    EXPECT_EQ(refused.heard, 0U);
    // The next attempt meets the server itself.
    EXPECT_EQ(converse(GetParam(), no_port, 100).error, ECONNREFUSED);
}

TEST_P(SpliceVeth, WhatIsLostComesAgain) {
    if (!lose("client", 2) || !lose("server", 2)) GTEST_SKIP() << "no nftables here";
    const auto first = converse(GetParam(), echo_port, mebibyte);
    EXPECT_EQ(first.error, 0);
    EXPECT_EQ(first.heard, mebibyte);
    EXPECT_TRUE(first.right);
    EXPECT_FALSE(first.scales);
}

TEST_P(SpliceVeth, AClientGetsInWhileAFloodOfForgedSynsGoesOn) {
    const bool ipv6 = std::string(GetParam()).find(':') != std::string::npos;
    std::atomic<bool> over{false};
    std::thread flood([&] {
        spaces_->enter("client");
        // As the wire would bring them: past the client's own kernel.
        const int raw = ::socket(ipv6 ? AF_INET6 : AF_INET, SOCK_RAW, IPPROTO_RAW);
        Endpoint to(GetParam(), 0);
        for (unsigned n = 0; !over; ++n) {
            const std::string host =
                ipv6 ? "[2600::" + std::to_string(1 + n % 9000) + "]"
                     : "60." + std::to_string(n / 250 % 200) + ".1." + std::to_string(1 + n % 250);
            const std::string server = ipv6 ? "[" + std::string(GetParam()) + "]" : std::string(GetParam());
            const auto frame =
                packet::parse_packet_text("tcp " + host + ":4242 > " + server + ":8080 syn seq 7").value();
            (void)::sendto(raw, frame.data() + 14, frame.size() - 14, 0, to.get(), to.size);
            if (n % 64 == 0) std::this_thread::sleep_for(1ms);
        }
        ::close(raw);
    });
    std::this_thread::sleep_for(50ms);
    const auto first = converse(GetParam(), echo_port, 2 * mebibyte);
    over = true;
    flood.join();
    EXPECT_EQ(first.error, 0);
    EXPECT_EQ(first.heard, 2 * mebibyte);
    EXPECT_TRUE(first.right);
    EXPECT_FALSE(first.scales);
    const auto target = counters(GetParam());
    EXPECT_EQ(target.spliced, 1U);
    EXPECT_GT(target.answered.packets, 100U);
}

INSTANTIATE_TEST_SUITE_P(Ways, SpliceVeth, ::testing::Values(server4, server6, published4, published6),
                         [](const auto& way) {
                             const bool ipv6 = way.param == server6 || way.param == published6;
                             const bool nat = way.param == published4 || way.param == published6;
                             return std::string(ipv6 ? "Ipv6" : "Ipv4") + (nat ? "Nat" : "");
                         });

}  // namespace sluice::integration
