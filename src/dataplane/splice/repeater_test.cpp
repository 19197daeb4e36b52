// A worker over ports in memory and in virtual time: it asks a silent server again, by the neighbour's answer
// and the program that are there by then, and nobody whose flow is gone.
#include "dataplane/splice/repeater.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "dataplane/attach/neighbour_message.hpp"
#include "dataplane/program_compiler.hpp"
#include "dataplane/worker.hpp"
#include "net/big_endian.hpp"
#include "packet/memory_port.hpp"
#include "packet/packet_text.hpp"
#include "packet/parser.hpp"

namespace sluice::dataplane::splice {
namespace {

using Bytes = std::vector<std::uint8_t>;
using Texts = std::vector<std::string>;
using std::chrono::milliseconds;

constexpr Mac gateway_mac{0x02, 0x5c, 0, 0, 0, 0x99};
constexpr Mac internet_mac{0x02, 0x5c, 0, 0, 0, 0x01};
constexpr Mac server_mac{0x02, 0xaa, 0, 0, 0, 0x05};
constexpr std::size_t buffers = 4096;

// The server on the customer's own link, as its clients know it.
struct Place {
    const char* name;
    const char* server;   // on the link
    const char* address;  // for clients
    const char* client;
};
void PrintTo(const Place& place, std::ostream* out) {
    *out << place.name;
}
constexpr Place places[] = {{"Ipv4", "203.0.113.130", "203.0.113.130", "198.18.0.5"},
                            {"Ipv6", "2001:db8:3:e::130", "2001:db8:3:e::130", "2001:db8:f::5"},
                            {"Ipv4Nat", "203.0.113.130", "203.0.113.9", "198.18.0.5"},
                            {"Ipv6Nat", "2001:db8:3:e::130", "2001:db8:3::9", "2001:db8:f::5"}};

std::string end(const std::string& address, unsigned port) {
    return address.find(':') == std::string::npos ? fmt::format("{}:{}", address, port)
                                                  : fmt::format("[{}]:{}", address, port);
}

class Repeater : public ::testing::TestWithParam<Place> {
  protected:
    Repeater() { publish({program()}); }

    static net::Prefix prefix(const char* text) { return net::Prefix::parse(text).value(); }
    model::TenantProgram program(std::uint64_t tenant = 1) {
        model::TenantProgram out;
        out.tenant = model::TenantId(tenant);
        out.generation = ++generation_;
        out.prefixes = {prefix("203.0.113.0/24"), prefix("2001:db8:3::/48")};
        model::FirewallProgram& firewall = out.firewall;
        firewall.enabled = true;
        firewall.zones = {"internet", "dmz"};
        model::Attachment link;
        link.name = "dmz";
        link.zone = 1;
        link.kind = model::AttachmentKind::vlan;
        link.vlan = 10;
        link.gateway4 = *net::Address::parse("203.0.113.129");
        link.gateway6 = *net::Address::parse("2001:db8:3:e::1");
        link.prefixes = {prefix("203.0.113.128/25"), prefix("2001:db8:3:e::/64")};
        firewall.attachments.push_back(link);
        model::FirewallRule all;
        all.name = "all";
        all.action = model::RuleAction::allow;
        firewall.rules.push_back(all);
        for (const auto& [from, to] : {std::pair{places[2].address, places[2].server},
                                       std::pair{places[3].address, places[3].server}}) {
            model::NatRule published;
            published.name = from;
            published.kind = model::NatKind::destination;
            published.match = {prefix(from)};
            published.translated = {prefix(to)};
            firewall.nat.push_back(published);
        }
        model::ScrubProfile profile;
        profile.verify_tcp = model::TcpVerification::all;
        profile.tcp_method = model::TcpMethod::splice;
        for (const net::Prefix& target : out.prefixes)
            out.targets.push_back({target, model::MitigationId(1), profile});
        return out;
    }
    void publish(const std::vector<model::TenantProgram>& programs) {
        auto compiled = compiler_.compile(
            programs, {clock_.wall(), static_cast<std::uint64_t>(clock_.now().time_since_epoch().count())});
        ASSERT_TRUE(compiled.has_value()) << compiled.error().message();
        worker_.rest();  // the switch would wait for it
        programs_.publish(std::move(*compiled));
    }

    // What leaves towards the server, and what towards the clients.
    struct Out {
        std::vector<Bytes> clean;
        std::vector<Bytes> dirty;
    };
    Out run() {
        while (worker_.run_once() != 0) {
        }
        (void)worker_.run_once();  // idle: time is looked at, and then what it has made due
        return {clean_.take_out(), dirty_.take_out()};
    }
    Out after(int ms) {
        clock_.advance(milliseconds(ms));
        return run();
    }
    Out from_client(const std::string& text) {
        EXPECT_TRUE(dirty_.put_in(packet::parse_packet_text(text).value())) << text;
        return run();
    }
    Out from_server(const std::string& text) {
        Bytes frame = packet::parse_packet_text(text + " vlan 10").value();
        std::copy(gateway_mac.begin(), gateway_mac.end(), frame.begin());
        std::copy(server_mac.begin(), server_mac.end(), frame.begin() + 6);
        EXPECT_TRUE(clean_.put_in(frame)) << text;
        return run();
    }
    // The gateway knows where the server is.
    void show_server() {
        const auto out =
            from_client(fmt::format("udp {} > {}", end(GetParam().client, 1), end(GetParam().address, 9)));
        ASSERT_TRUE(answer(out.clean));
        (void)run();
    }
    // The server's answer to the question among these frames; true when there was one.
    bool answer(const std::vector<Bytes>& frames) {
        bool any = false;
        for (Bytes frame : frames) {
            frame.resize(std::max<std::size_t>(frame.size(), 128));
            packet::Frame in_place{frame.data(), static_cast<std::uint32_t>(frame.size()), 128, nullptr};
            if (!LocalResponder(server_mac, {*net::Address::parse(GetParam().server)})
                     .answer(packet::parse(frame), in_place))
                continue;
            EXPECT_TRUE(clean_.put_in(in_place.bytes()));
            any = true;
        }
        return any;
    }
    // The client's SYN and ACK; its cookie.
    std::uint32_t connect(const std::string& client, unsigned port, Out& out) {
        const std::string from = end(client, port);
        const std::string to = end(GetParam().address, 443);
        const auto answers = from_client(fmt::format("tcp {} > {} syn seq 100", from, to)).dirty;
        EXPECT_EQ(answers.size(), 1U);
        if (answers.size() != 1) return 0;
        const packet::Key key = packet::parse(answers[0]);
        const std::uint32_t cookie = net::get32(answers[0].data() + key.l4_offset + 4);
        out = from_client(fmt::format("tcp {} > {} ack seq 101 ack-number {}", from, to, cookie + 1));
        return cookie;
    }
    Out connect() {
        Out out;
        cookie_ = connect(GetParam().client, 4000, out);
        return out;
    }
    // TCP among the frames, that goes where the server is.
    static Texts segments(const std::vector<Bytes>& frames) {
        Texts out;
        for (const Bytes& frame : frames) {
            const packet::Key key = packet::parse(frame);
            if (key.error != packet::ParseError::none || key.protocol != 6) continue;
            EXPECT_TRUE(std::equal(server_mac.begin(), server_mac.end(), frame.begin()));
            EXPECT_TRUE(std::equal(gateway_mac.begin(), gateway_mac.end(), frame.begin() + 6));
            out.push_back(packet::describe_packet(frame));
        }
        return out;
    }
    [[nodiscard]] static Texts syn() {
        return {fmt::format("tcp {} > {} syn seq 100 data-offset 6 payload 4 ttl 63 vlan 10",
                            end(GetParam().client, 4000), end(GetParam().server, 443))};
    }
    [[nodiscard]] std::uint64_t repeated() const {
        std::uint64_t sum = 0;
        for (const TargetCounts& counts : worker_.counts().targets) sum += counts.syns_repeated.value();
        return sum;
    }
    [[nodiscard]] std::uint64_t not_repeated() const { return worker_.counts().syns_not_repeated.value(); }
    void no_buffer_is_lost() const { EXPECT_EQ(pool_.free(), buffers); }

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
    packet::BufferPool pool_{buffers};
    packet::MemoryPort dirty_{pool_, 2048};
    packet::MemoryPort clean_{pool_, 2048};
    scrub::Bogons bogons_;
    Topology topology_ = topology();
    ProgramSwitch programs_{1};
    ProgramCompiler compiler_{{.slots = 64}, random_, topology_};
    Worker worker_{0,
                   {.slots = 64, .sources = 4096, .destinations = 64, .flows = 32'768},
                   Secrets::from(random_),
                   {{&dirty_, &clean_}, topology_, programs_, bogons_, clock_}};
    std::uint64_t generation_ = 0;
    std::uint32_t cookie_ = 0;
};

TEST_P(Repeater, ASilentServerIsAskedFourTimesMore) {
    show_server();
    EXPECT_EQ(segments(connect().clean), syn());
    for (const int wait : {199, 399, 799, 1199}) {
        EXPECT_EQ(segments(after(wait).clean), Texts{}) << wait;
        EXPECT_EQ(segments(after(1).clean), syn()) << wait;
    }
    EXPECT_EQ(segments(after(20'000).clean), Texts{});
    EXPECT_EQ(repeated(), 4U);
    EXPECT_EQ(not_repeated(), 0U);
    no_buffer_is_lost();
}

TEST_P(Repeater, TheServerMaySpeakFirstBehindALostSynAck) {
    show_server();
    EXPECT_EQ(segments(connect().clean), syn());
    EXPECT_EQ(segments(after(200).clean), syn());
    const std::string server = end(GetParam().server, 443);
    const std::string client = end(GetParam().client, 4000);
    auto out = from_server(fmt::format("tcp {} > {} syn ack seq 700 ack-number 101", server, client));
    EXPECT_EQ(segments(out.clean),
              Texts{fmt::format("tcp {} > {} ack seq 101 ack-number 701 vlan 10", client, server)});
    ASSERT_EQ(out.dirty.size(), 1U);
    EXPECT_EQ(packet::describe_packet(out.dirty[0]),
              fmt::format("tcp {} > {} ack seq {} ack-number 101 ttl 63", end(GetParam().address, 443),
                          client, cookie_ + 1));
    EXPECT_EQ(segments(after(10'000).clean), Texts{});
    EXPECT_EQ(repeated(), 1U);
    no_buffer_is_lost();
}

// The first SYN is dropped, and the question sent in its place; the next one goes to where the answer says.
TEST_P(Repeater, AServerWhosePlaceHasToBeAskedForIsReached) {
    const auto out = connect();
    EXPECT_EQ(segments(out.clean), Texts{});
    ASSERT_TRUE(answer(out.clean));
    EXPECT_EQ(segments(run().clean), Texts{}) << "nothing was kept";
    EXPECT_EQ(segments(after(200).clean), syn());
    EXPECT_EQ(repeated(), 1U);
    no_buffer_is_lost();
}

// Even where the first question is lost: it is asked again with a later repetition.
TEST_P(Repeater, AQuestionThatWasLostIsAskedAgain) {
    (void)connect();
    EXPECT_EQ(segments(after(200).clean), Texts{});
    EXPECT_EQ(segments(after(400).clean), Texts{});
    ASSERT_TRUE(answer(after(800).clean)) << "a second later";
    EXPECT_EQ(segments(run().clean), Texts{});
    EXPECT_EQ(segments(after(1200).clean), syn());
    EXPECT_EQ(repeated(), 1U) << "what was dropped was not sent";
    no_buffer_is_lost();
}

TEST_P(Repeater, ANewPolicyIsKept) {
    show_server();
    (void)connect();
    auto changed = program();
    changed.firewall.rules[0].action = model::RuleAction::drop;
    publish({changed});
    EXPECT_EQ(segments(after(200).clean), Texts{});
    EXPECT_EQ(worker_.flow_counts().open.value(), 1U) << "what showed the server; the other was ended";
    EXPECT_EQ(segments(after(5000).clean), Texts{});
    EXPECT_EQ(repeated(), 0U);
}

TEST_P(Repeater, ATenantThatIsGoneIsNotAskedFor) {
    show_server();
    for (const int how : {0, 1, 2}) {
        (void)connect();
        auto other = program(2);  // his number may be the same
        auto bare = program();
        bare.firewall = {};
        for (auto& target : bare.targets) target.profile.tcp_method = model::TcpMethod::safe_reset;
        publish(how == 0 ? std::vector<model::TenantProgram>{}
                         : std::vector<model::TenantProgram>{how == 1 ? other : bare});
        EXPECT_EQ(segments(after(200).clean), Texts{}) << how;
        const auto out = after(4000);
        EXPECT_EQ(segments(out.clean), Texts{}) << how;
        EXPECT_TRUE(out.dirty.empty()) << how;
        publish({program()});
        (void)after(10'000);
    }
    EXPECT_EQ(repeated(), 0U);
    no_buffer_is_lost();
}

// More real machines than may wait: as many of them as there is room for are asked for again. The rest is
// counted.
TEST_P(Repeater, AnArmyIsAskedForWithinBounds) {
    constexpr unsigned army = 1500;
    constexpr std::uint64_t room = SynRepeats::most_waiting;
    show_server();
    const bool ipv6 = std::string(GetParam().client).find(':') != std::string::npos;
    for (unsigned bot = 0; bot < army; ++bot) {
        Out out;
        (void)connect(ipv6 ? fmt::format("2001:db8:f:1::{:x}", 1 + bot)
                           : fmt::format("198.19.{}.{}", bot / 200, 1 + bot % 200),
                      4000, out);
        ASSERT_EQ(segments(out.clean).size(), 1U) << bot;
    }
    EXPECT_EQ(not_repeated(), army - room);
    std::vector<std::uint64_t> sent;
    for (const int wait : {200, 400, 800, 1200}) {
        Out out = after(wait);
        EXPECT_EQ(segments(out.clean).size(), 2 * packet::max_burst) << "a burst a round, in two";
        for (unsigned n = 0; n < army / packet::max_burst; ++n) (void)run();
        sent.push_back(repeated());
    }
    EXPECT_EQ(sent, (std::vector<std::uint64_t>{room, 2 * room, 3 * room, 4 * room}));
    (void)after(10'000);
    EXPECT_EQ(repeated(), 4 * room);
    no_buffer_is_lost();
}

// Buffers that others need are not waited for.
TEST_P(Repeater, WithoutABufferNothingIsSent) {
    show_server();
    (void)connect();
    std::vector<packet::Frame> all;
    for (packet::Frame frame = pool_.take_blank(60); frame.data != nullptr; frame = pool_.take_blank(60))
        all.push_back(frame);
    EXPECT_EQ(segments(after(200).clean), Texts{});
    for (const packet::Frame& frame : all) pool_.give_back(frame);
    EXPECT_EQ(segments(after(400).clean), syn());
    EXPECT_EQ(repeated(), 1U);
    no_buffer_is_lost();
}

INSTANTIATE_TEST_SUITE_P(Ways, Repeater, ::testing::ValuesIn(places),
                         [](const auto& place) { return std::string(place.param.name); });

}  // namespace
}  // namespace sluice::dataplane::splice
