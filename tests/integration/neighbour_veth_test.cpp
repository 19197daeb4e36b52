// Hosts of a customer on the gateway's own links, with the kernel's neighbours: two LANs, each on a port of
// its own, on which nobody has said anything before he is asked.
//
//   host a ──── "clean"  gateway  "lan-b" ──── host b
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dataplane/gateway.hpp"
#include "endpoint.hpp"
#include "namespaces.hpp"
#include "packet/device.hpp"

namespace sluice::integration {
namespace {

class Links : public ::testing::Test {
  protected:
    void SetUp() override {
        if (const std::string reason = Namespaces::missing(); !reason.empty()) GTEST_SKIP() << reason;
        spaces_ = std::make_unique<Namespaces>("sln-" + std::to_string(::getpid()),
                                               std::vector<std::string>{"gate", "a", "b"});
        spaces_->host({"a", "eth0"}, {"gate", "clean"}, "10.0.0.", "2001:db8:0::");
        spaces_->host({"b", "eth0"}, {"gate", "lan-b"}, "10.1.0.", "2001:db8:1::");
        spaces_->ip("gate", "link add dirty type veth peer name nobody");
        spaces_->ip("gate", "link set dirty up");
        // The devices are opened where this thread is.
        spaces_->enter("gate");
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
        spaces_.reset();
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

    // A UDP question from a to b, repeated until b has heard one; how many were sent. -1: none was heard.
    [[nodiscard]] int ask(const char* server) const {
        int heard_by = -1;
        const Endpoint at(server, 7007);
        int listener = -1;
        spaces_->inside("b", [&] {
            listener = ::socket(at.family(), SOCK_DGRAM, 0);
            EXPECT_EQ(::bind(listener, at.get(), at.size), 0);
        });
        spaces_->inside("a", [&] {
            const int asker = ::socket(at.family(), SOCK_DGRAM, 0);
            EXPECT_EQ(::connect(asker, at.get(), at.size), 0);
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

    std::unique_ptr<Namespaces> spaces_;
    std::unique_ptr<packet::Eal> eal_;
    base::SystemClock clock_;
    base::SystemRandom random_;
    std::vector<std::unique_ptr<packet::Device>> devices_;
    std::unique_ptr<dataplane::Gateway> gateway_;
};

}  // namespace

TEST_F(Links, SilentHostsAreFoundByArpAndNeighbourDiscovery) {
    for (const char* server : {"10.1.0.5", "2001:db8:1::5"}) {
        const int first = ask(server);
        EXPECT_GE(first, 1) << server;
        EXPECT_LE(first, 8) << server;
        EXPECT_EQ(ask(server), 1) << server << ": known now";
    }
    EXPECT_GE(gateway_->neighbour_questions(), 2U);
    EXPECT_LE(gateway_->neighbour_questions(), 12U);
}

}  // namespace sluice::integration
