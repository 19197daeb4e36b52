// Hosts of a customer on the gateway's own links, with the kernel's neighbours: two LANs, each on a port of
// its own, on which nobody has said anything before he is asked.
//
//   host a ──── "clean"  gateway  "lan-b" ──── host b
#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <functional>
#include <thread>

#include "dataplane/gateway.hpp"
#include "one_way_path.hpp"
#include "packet/device.hpp"

namespace sluice::integration {
namespace {

class Links : public ::testing::Test {
  protected:
    void SetUp() override {
        if (const std::string reason = OneWayPath::missing(); !reason.empty()) GTEST_SKIP() << reason;
        for (const char* role : {"gate", "a", "b"}) {
            run("ip netns add " + name(role));
            run("ip netns exec " + name(role) + " sysctl -qw net.ipv6.conf.default.accept_dad=0");
            run("ip -n " + name(role) + " link set lo up");
        }
        link("clean", "a");
        link("lan-b", "b");
        run("ip -n " + name("gate") + " link add dirty type veth peer name nobody");
        run("ip -n " + name("gate") + " link set dirty up");
        // The devices are opened where this thread is.
        enter("gate");
        eal_ = packet::Eal::start({.memory_mb = 256}).value();
        for (const char* device : {"dirty", "clean", "lan-b"}) {
            auto opened =
                packet::Device::open(*eal_, {.device = std::string("net_af_packet_") +
                                                       std::to_string(devices_.size()) + ",iface=" + device,
                                             .buffers = 4095});
            ASSERT_TRUE(opened.has_value()) << opened.error().message();
            devices_.push_back(std::move(*opened));
        }
        start();
    }
    void TearDown() override {
        gateway_.reset();
        devices_.clear();
        for (const char* role : {"gate", "a", "b"})
            (void)std::system(("ip netns del " + name(role) + " >/dev/null 2>&1").c_str());
    }

    void start() {
        dataplane::Gateway::Config config;
        config.dirty_mac = devices_[0]->mac();
        config.way = {.rewrite = true, .source = devices_[1]->mac(), .next_hop4 = {2}, .next_hop6 = {2}};
        config.internet_way = config.way;
        config.customer_ports = {{"lan-b", devices_[2]->mac()}};
        config.max_flows = 4096;
        config.max_firewalls = 16;
        gateway_ = std::make_unique<dataplane::Gateway>(
            config, dataplane::Gateway::Dependencies{
                        {{&devices_[0]->queue(0), &devices_[1]->queue(0), {&devices_[2]->queue(0)}}},
                        clock_,
                        random_});
        model::TenantProgram program;
        program.tenant = model::TenantId(1);
        program.prefixes = {net::Prefix::parse("203.0.113.0/24").value()};
        program.firewall.enabled = true;
        program.firewall.zones = {"internet", "a", "b"};
        for (const int n : {0, 1}) {
            model::Attachment lan;
            lan.name = n == 0 ? "lan-a" : "lan-b";
            lan.zone = static_cast<model::ZoneIndex>(n + 1);
            lan.kind = model::AttachmentKind::port;
            lan.port = n == 0 ? "clean" : "lan-b";
            const std::string number = std::to_string(n);
            lan.gateway4 = *net::Address::parse("10." + number + ".0.1");
            lan.gateway6 = *net::Address::parse("2001:db8:" + number + "::1");
            lan.prefixes = {net::Prefix::parse("10." + number + ".0.0/24").value(),
                            net::Prefix::parse("2001:db8:" + number + "::/64").value()};
            program.firewall.attachments.push_back(lan);
        }
        model::FirewallRule all;
        all.name = "all";
        all.action = model::RuleAction::allow;
        program.firewall.rules = {all};
        ASSERT_TRUE(gateway_->apply({&program, 1}, {}, true, 1).empty());
        ASSERT_TRUE(gateway_->start().has_value());
    }

    static std::string name(const std::string& role) {
        return "sln-" + std::to_string(::getpid()) + "-" + role;
    }
    static void run(const std::string& command) { ASSERT_EQ(std::system(command.c_str()), 0) << command; }
    // The gateway's device to the host's link; 0 is a's network, 1 is b's.
    static void link(const std::string& device, const std::string& host) {
        const std::string number = host == "a" ? "0" : "1";
        run("ip link add " + device + " netns " + name("gate") + " type veth peer name eth0 netns " +
            name(host));
        run("ip -n " + name("gate") + " link set " + device + " up");
        const std::string ip = "ip -n " + name(host);
        run(ip + " link set eth0 up");
        run("ip netns exec " + name(host) +
            " ethtool -K eth0 tx off rx off gso off tso off gro off >/dev/null");
        run("ip netns exec " + name("gate") + " ethtool -K " + device +
            " tx off rx off gso off tso off gro off >/dev/null");
        run(ip + " addr add 10." + number + ".0.5/24 dev eth0");
        run(ip + " addr add 2001:db8:" + number + "::5/64 dev eth0 nodad");
        run(ip + " route add default via 10." + number + ".0.1");
        run(ip + " -6 route add default via 2001:db8:" + number + "::1");
    }
    static void enter(const std::string& role) {
        const int fd = ::open(("/run/netns/" + name(role)).c_str(), O_RDONLY | O_CLOEXEC);
        ASSERT_EQ(::setns(fd, CLONE_NEWNET), 0);
        ::close(fd);
    }
    static void inside(const std::string& role, const std::function<void()>& work) {
        std::thread([&] {
            enter(role);
            work();
        }).join();
    }

    // A UDP question from a to b, repeated until b has heard one; how many were sent. -1: none was heard.
    static int ask(int family, const char* server) {
        int heard_by = -1;
        sockaddr_storage at{};
        socklen_t size = 0;
        if (family == AF_INET) {
            auto* v4 = reinterpret_cast<sockaddr_in*>(&at);
            v4->sin_family = AF_INET;
            v4->sin_port = htons(7007);
            inet_pton(AF_INET, server, &v4->sin_addr);
            size = sizeof *v4;
        } else {
            auto* v6 = reinterpret_cast<sockaddr_in6*>(&at);
            v6->sin6_family = AF_INET6;
            v6->sin6_port = htons(7007);
            inet_pton(AF_INET6, server, &v6->sin6_addr);
            size = sizeof *v6;
        }
        int listener = -1;
        inside("b", [&] {
            listener = ::socket(family, SOCK_DGRAM, 0);
            EXPECT_EQ(::bind(listener, reinterpret_cast<const sockaddr*>(&at), size), 0);
        });
        inside("a", [&] {
            const int asker = ::socket(family, SOCK_DGRAM, 0);
            EXPECT_EQ(::connect(asker, reinterpret_cast<const sockaddr*>(&at), size), 0);
            for (int sent = 1; sent <= 20 && heard_by < 0; ++sent) {
                EXPECT_EQ(::send(asker, "?", 1, 0), 1);
                pollfd there{listener, POLLIN, 0};
                if (::poll(&there, 1, 300) != 1) continue;
                // And back: the answer comes to the one who asked.
                char byte = 0;
                sockaddr_storage from{};
                socklen_t from_size = sizeof from;
                EXPECT_EQ(::recvfrom(listener, &byte, 1, 0, reinterpret_cast<sockaddr*>(&from), &from_size),
                          1);
                EXPECT_EQ(::sendto(listener, "!", 1, 0, reinterpret_cast<const sockaddr*>(&from), from_size),
                          1);
                pollfd back{asker, POLLIN, 0};
                if (::poll(&back, 1, 300) == 1) heard_by = sent;
            }
            ::close(asker);
        });
        ::close(listener);
        return heard_by;
    }

    std::unique_ptr<packet::Eal> eal_;
    base::SystemClock clock_;
    base::SystemRandom random_;
    std::vector<std::unique_ptr<packet::Device>> devices_;
    std::unique_ptr<dataplane::Gateway> gateway_;
};

}  // namespace

TEST_F(Links, SilentHostsAreFoundByArpAndNeighbourDiscovery) {
    for (const auto& [family, server] : {std::pair{AF_INET, "10.1.0.5"}, {AF_INET6, "2001:db8:1::5"}}) {
        const int first = ask(family, server);
        EXPECT_GE(first, 1) << server;
        EXPECT_LE(first, 8) << server;
        EXPECT_EQ(ask(family, server), 1) << server << ": known now";
    }
    EXPECT_GE(gateway_->neighbour_questions(), 2U);
    EXPECT_LE(gateway_->neighbour_questions(), 12U);
}

}  // namespace sluice::integration
