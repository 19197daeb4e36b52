// Hosts on a customer's own link, over ports in memory: the gateway asks for whom it needs, and each packet
// goes to the host that it is for.
#include <gtest/gtest.h>

#include <algorithm>

#include "dataplane/attach/neighbour_message.hpp"
#include "dataplane/program_compiler.hpp"
#include "dataplane/worker.hpp"
#include "packet/memory_port.hpp"
#include "packet/packet_text.hpp"
#include "packet/parser.hpp"

namespace sluice::dataplane {
namespace {

constexpr Mac gateway_mac{0x02, 0x5c, 0, 0, 0, 0x99};
constexpr Mac internet_mac{0x02, 0x5c, 0, 0, 0, 0x01};
using Bytes = std::vector<std::uint8_t>;

Mac host_mac(std::uint8_t last) {
    return {0x02, 0xaa, 0, 0, 0, last};
}

class Links : public ::testing::Test {
  protected:
    Links() { publish(); }

    // Two customers, each with 10.0.0.0/24 and the gateway's 10.0.0.1 on it.
    static model::TenantProgram program(std::uint64_t tenant) {
        model::TenantProgram out;
        out.tenant = model::TenantId(tenant);
        out.prefixes = {
            net::Prefix::of(net::Address::v4(0xcb007100U + static_cast<std::uint32_t>(tenant)), 32)};
        model::FirewallProgram& firewall = out.firewall;
        firewall.enabled = true;
        firewall.zones = {"internet", "inside"};
        model::Attachment lan;
        lan.name = "lan";
        lan.kind = model::AttachmentKind::vlan;
        lan.vlan = static_cast<std::uint16_t>(10 * tenant);
        lan.gateway4 = *net::Address::parse("10.0.0.1");
        lan.gateway6 = *net::Address::parse("2001:db8:a::1");
        lan.prefixes = {net::Prefix::parse("10.0.0.0/24").value(), net::Prefix::parse("10.9.0.0/16").value(),
                        net::Prefix::parse("2001:db8:a::/64").value()};
        firewall.attachments.push_back(lan);
        model::FirewallRule all;
        all.name = "all";
        all.action = model::RuleAction::allow;
        firewall.rules.push_back(all);
        return out;
    }
    void publish() {
        const std::vector<model::TenantProgram> programs{program(1), program(2)};
        programs_.publish(compiler_.compile(programs, {clock_.wall(), 0}).value());
    }

    void from_host(std::uint8_t host, const std::string& text, int vlan = 10) {
        auto frame = packet::parse_packet_text(text + " vlan " + std::to_string(vlan)).value();
        const Mac mac = host_mac(host);
        std::copy(mac.begin(), mac.end(), frame.begin() + 6);
        ASSERT_TRUE(clean_.put_in(frame));
    }
    std::vector<Bytes> run() {
        while (worker_.run_once() != 0) {
        }
        return clean_.take_out();
    }
    // The host's answer to the question among these frames; true when there was one.
    bool answer(const std::vector<Bytes>& frames, std::uint8_t host, const net::Address& address) {
        bool any = false;
        for (Bytes frame : frames) {
            frame.resize(std::max<std::size_t>(frame.size(), 128));
            packet::Frame in_place{frame.data(), static_cast<std::uint32_t>(frame.size()), 128, nullptr};
            const packet::Key key = packet::parse(frame);
            if (!LocalResponder(host_mac(host), {address}).answer(key, in_place)) continue;
            EXPECT_TRUE(clean_.put_in(in_place.bytes()));
            any = true;
        }
        return any;
    }
    [[nodiscard]] static Mac receiver(const Bytes& frame) {
        Mac mac{};
        std::copy_n(frame.begin(), 6, mac.begin());
        return mac;
    }
    void after(int seconds) { clock_.advance(std::chrono::seconds(seconds)); }

    static Topology topology() {
        Topology out = Topology::plain(2);
        for (Leg& leg : out.legs) leg.local = LocalResponder(gateway_mac, {});
        out.rewrite = true;
        out.to_customers.way = {
            .rewrite = true, .source = gateway_mac, .next_hop4 = internet_mac, .next_hop6 = internet_mac};
        out.to_internet.way = out.to_customers.way;
        return out;
    }

    base::SeededRandom random_{1};
    base::ManualClock clock_;
    packet::BufferPool pool_{256};
    packet::MemoryPort dirty_{pool_, 64};
    packet::MemoryPort clean_{pool_, 64};
    scrub::Bogons bogons_;
    Topology topology_ = topology();
    ProgramSwitch programs_{1};
    ProgramCompiler compiler_{{.slots = 64}, random_, topology_};
    Worker worker_{0,
                   {.slots = 64, .sources = 64, .destinations = 64, .flows = 1024},
                   Secrets::from(random_),
                   {{&dirty_, &clean_}, topology_, programs_, bogons_, clock_}};
};

}  // namespace

TEST_F(Links, AHostThatIsSilentIsAskedForAndReached) {
    struct Pair {
        const char* first;
        const char* again;
        const char* host;
    };
    for (const Pair& it : {Pair{"udp 10.9.0.7:5 > 10.0.0.6:7", "udp 10.9.0.7:5 > 10.0.0.6:7", "10.0.0.6"},
                           Pair{"udp [2001:db8:a::5]:5 > [2001:db8:a::6]:7",
                                "udp [2001:db8:a::5]:5 > [2001:db8:a::6]:7", "2001:db8:a::6"}}) {
        from_host(5, it.first);
        const auto questions = run();
        ASSERT_FALSE(questions.empty()) << it.first;
        for (const Bytes& frame : questions) {
            EXPECT_EQ(packet::parse(frame).vlan, 10);
            EXPECT_EQ(receiver(frame)[0] & 1U, 1U) << "everybody is asked";
        }
        ASSERT_TRUE(answer(questions, 6, *net::Address::parse(it.host)));
        EXPECT_TRUE(run().empty());
        from_host(5, it.again);
        const auto out = run();
        ASSERT_EQ(out.size(), 1U) << it.again;
        EXPECT_EQ(receiver(out[0]), host_mac(6));
    }
    const TargetCounts& counts = worker_.counts().targets[0];
    using enum model::DropReason;
    EXPECT_EQ(counts.reasons[static_cast<std::size_t>(no_next_hop)].packets.value(), 2U);
    EXPECT_EQ(counts.reasons[static_cast<std::size_t>(for_gateway)].packets.value(), 2U);
    EXPECT_EQ(pool_.free(), 256U) << "a buffer was lost";
}

// A LAN with several hosts: each gets its own packets, not the one that spoke last.
TEST_F(Links, EachHostOfALanIsItsOwnNextHop) {
    for (const std::uint8_t host : {5, 6, 7}) {
        const std::string address = "10.0.0." + std::to_string(host);
        from_host(host, "udp " + address + ":5 > 198.18.0.1:53");
        ASSERT_TRUE(answer(run(), host, *net::Address::parse(address))) << "the sender is asked for at once";
        (void)run();
    }
    EXPECT_EQ(dirty_.take_out().size(), 3U) << "what they sent went on meanwhile";
    for (const std::uint8_t host : {6, 5, 7}) {
        const std::string address = "10.0.0." + std::to_string(host);
        ASSERT_TRUE(
            dirty_.put_in(packet::parse_packet_text("udp 198.18.0.1:53 > " + address + ":5").value()));
    }
    // The answers come to private addresses, which nobody routes: they are unknown on that leg.
    EXPECT_TRUE(run().empty());
    // From another network of the same customer they are reached, each by its own address.
    for (const std::uint8_t host : {6, 5, 7}) {
        from_host(99, "udp 10.9.0.7:1 > 10.0.0." + std::to_string(host) + ":9");
        const auto out = run();
        ASSERT_EQ(out.size(), 1U) << int{host};
        EXPECT_EQ(receiver(out[0]), host_mac(host));
    }
}

TEST_F(Links, WhatIsBehindARouterGoesToIt) {
    from_host(50, "udp 10.9.0.7:5 > 198.18.0.1:53");  // its router is 50
    EXPECT_TRUE(run().empty()) << "a router needs no question";
    from_host(5, "udp 10.0.0.5:5 > 10.9.0.8:53");
    auto out = run();
    const auto passed = std::find_if(out.begin(), out.end(), [](const Bytes& frame) {
        return packet::parse(frame).error == packet::ParseError::none;
    });
    ASSERT_NE(passed, out.end());
    EXPECT_EQ(receiver(*passed), host_mac(50));
    EXPECT_EQ(packet::describe_packet(*passed), "udp 10.0.0.5:5 > 10.9.0.8:53 ttl 63 vlan 10");
}

TEST_F(Links, NobodyFindsTheHostsOfAnotherCustomer) {
    from_host(5, "udp 10.9.0.7:5 > 10.0.0.6:7", 10);
    ASSERT_TRUE(answer(run(), 6, *net::Address::parse("10.0.0.6")));
    (void)run();
    from_host(5, "udp 10.9.0.7:5 > 10.0.0.6:7", 20);
    const auto out = run();
    ASSERT_EQ(out.size(), 1U);
    EXPECT_EQ(packet::parse(out[0]).error, packet::ParseError::not_ip) << "the other one is asked, too";
    EXPECT_EQ(packet::parse(out[0]).vlan, 20);
}

TEST_F(Links, NeighboursSurviveAChangeOfPolicy) {
    from_host(5, "udp 10.9.0.7:5 > 10.0.0.6:7");
    ASSERT_TRUE(answer(run(), 6, *net::Address::parse("10.0.0.6")));
    (void)run();
    auto changed = program(1);
    changed.firewall.rules[0].name = "everything";
    const std::vector<model::TenantProgram> programs{changed, program(2)};
    worker_.rest();  // the change waits for it
    programs_.publish(compiler_.compile(programs, {clock_.wall(), 0}).value());
    from_host(5, "udp 10.9.0.7:5 > 10.0.0.6:8");
    const auto out = run();
    ASSERT_EQ(out.size(), 1U);
    EXPECT_EQ(receiver(out[0]), host_mac(6));
}

TEST_F(Links, AHostThatIsGoneIsAskedForAgainAndAgainButNotOften) {
    std::size_t questions = 0;
    for (int n = 0; n < 100; ++n) {
        from_host(5, "udp 10.9.0.7:5 > 10.0.0.77:7");
        questions += run().size();
        clock_.advance(std::chrono::milliseconds(100));
    }
    EXPECT_GE(questions, 8U);
    EXPECT_LE(questions, 11U);
}

TEST_F(Links, TheGatewaysOwnAddressIsNoHost) {
    from_host(5, "udp 10.9.0.7:5 > 10.0.0.1:7", 10);
    EXPECT_TRUE(run().empty());
    EXPECT_EQ(pool_.free(), 256U) << "a buffer was lost";
}

}  // namespace sluice::dataplane
