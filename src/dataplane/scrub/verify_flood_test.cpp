// Virtual time: floods of forged sources, and real clients that want in among them. Each client does what its
// kind does by itself: TCP sends its SYN again after 1, 3 and 7 seconds (RFC 6298), a resolver its query
// after 0.4, 1.2 and 2.8, and goes to TCP when it is told so (RFC 7766).
#include <gtest/gtest.h>

#include <array>
#include <map>
#include <string>
#include <vector>

#include "dataplane/engine.hpp"
#include "net/big_endian.hpp"
#include "net/checksum.hpp"
#include "packet/packet_text.hpp"
#include "packet/parser.hpp"

namespace sluice::dataplane::scrub {
namespace {

using Bytes = std::vector<std::uint8_t>;
using std::chrono::milliseconds;

constexpr std::size_t places = 65'536;  // in the table of sources
constexpr std::uint32_t clients = 60;

// A frame from any source: the packet of the text, whose source is written over.
class FromAnywhere {
  public:
    FromAnywhere(const std::string& kind, const std::string& rest, bool ipv6) : ipv6_(ipv6) {
        const std::string from = ipv6 ? "[2600::1]:4000" : "60.0.0.1:4000";
        const std::string to = ipv6 ? "[2001:db8:3::9]:" : "203.0.113.9:";
        frame_ = packet::parse_packet_text(kind + " " + from + " > " + to + rest).value();
    }

    [[nodiscard]] Bytes of(std::uint32_t number) const {
        Bytes frame = frame_;
        const std::size_t at = ipv6_ ? 34 : 26;  // the address's last or only four bytes
        net::put32(&frame[at], ipv6_ ? number : 0x3c00'0000U + number);
        if (!ipv6_) {
            frame[24] = frame[25] = 0;
            const std::uint16_t check = net::checksum({&frame[14], 20});
            frame[24] = static_cast<std::uint8_t>(check >> 8U);
            frame[25] = static_cast<std::uint8_t>(check);
        }
        return frame;
    }

  private:
    bool ipv6_;
    Bytes frame_;
};

Bytes with_query(Bytes frame) {
    static constexpr std::uint8_t query[] = {0xbe, 0xef, 1,   0,   0, 1,   0,   0, 0, 0, 0, 0,
                                             3,    'w',  'w', 'w', 2, 'd', 'e', 0, 0, 1, 0, 1};
    std::copy(std::begin(query), std::end(query), frame.end() - sizeof query);
    return frame;
}

struct Flood {
    FromAnywhere packets;
    std::uint32_t a_step = 0;  // of 10 ms
    bool dns = false;
};

class World {
  public:
    World(const model::ScrubProfile& profile, bool ipv6)
        : random_(7),
          engine_({.max_sources = places, .max_targets = 16}, random_),
          syn_("tcp", "53 syn seq 7", ipv6),
          rst_("tcp", "53 rst", ipv6),
          udp_("udp", "53 payload 24", ipv6) {
        model::TenantProgram program;
        program.tenant = model::TenantId(1);
        program.prefixes = {net::Prefix::parse(ipv6 ? "2001:db8:3::/48" : "203.0.113.0/24").value()};
        program.targets = {{net::Prefix::parse(ipv6 ? "2001:db8:3::9" : "203.0.113.9").value(),
                            model::MitigationId(1), profile}};
        EXPECT_TRUE(engine_.load({&program, 1}, now_).has_value());
    }

    // The flood goes on for ten milliseconds; every forged source is another one.
    void flood(const Flood& flood) {
        std::vector<Bytes> frames;
        for (std::uint32_t i = 0; i < flood.a_step; ++i) {
            const auto source = static_cast<std::uint32_t>(0x10000 + random_.next() % 0xbff'0000);
            frames.push_back(flood.dns ? with_query(flood.packets.of(source)) : flood.packets.of(source));
        }
        const std::vector<std::span<const std::uint8_t>> spans(frames.begin(), frames.end());
        for (const Outcome& outcome : engine_.process(now_, spans)) {
            ++forged_;
            if (outcome.verdict == model::Verdict::pass) ++forged_passed_;
        }
        now_ += milliseconds(10);
    }

    model::Verdict send(const Bytes& frame, Bytes* answer = nullptr) {
        const std::span<const std::uint8_t> one[] = {frame};
        const auto outcomes = engine_.process(now_, one);
        if (answer != nullptr && outcomes[0].verdict == model::Verdict::answer)
            answer->assign(outcomes[0].frame.begin(), outcomes[0].frame.end());
        return outcomes[0].verdict;
    }

    // One attempt of a real TCP client; an ACK that it did not expect is answered by a reset.
    bool connect(std::uint32_t client) {
        Bytes answer;
        const auto verdict = send(syn_.of(client), &answer);
        if (verdict == model::Verdict::answer) {
            Bytes rst = rst_.of(client);
            const packet::Key key = packet::parse(rst);
            const packet::Key from = packet::parse(answer);
            std::copy_n(answer.begin() + from.l4_offset + 8, 4, rst.begin() + key.l4_offset + 4);
            EXPECT_EQ(send(rst), model::Verdict::drop);
        }
        return verdict == model::Verdict::pass;
    }
    model::Verdict query(std::uint32_t client) { return send(with_query(udp_.of(client))); }

    [[nodiscard]] base::Timestamp now() const { return now_; }
    [[nodiscard]] double forged_share() const { return static_cast<double>(forged_passed_) / forged_; }
    [[nodiscard]] std::uint64_t forged() const { return forged_; }

  private:
    base::SeededRandom random_;
    Engine engine_;
    FromAnywhere syn_;
    FromAnywhere rst_;
    FromAnywhere udp_;
    base::Timestamp now_{std::chrono::hours(24 * 365 * 50)};
    std::uint64_t forged_ = 0;
    std::uint64_t forged_passed_ = 0;
};

// When each client sends; those that are in send no more.
template <std::size_t N, class Attempt>
std::size_t let_in(World& world, const Flood& flood, const std::array<int, N>& attempts_ms,
                   Attempt&& attempt) {
    const auto start = world.now();
    std::map<std::uint32_t, std::size_t> waiting;  // client → attempts so far
    for (std::uint32_t i = 0; i < clients; ++i) waiting[i + 1] = 0;
    while (world.now() - start < milliseconds(attempts_ms.back() + 10 * clients + 100)) {
        world.flood(flood);
        for (auto it = waiting.begin(); it != waiting.end();) {
            const auto begins = start + milliseconds(10 * it->first);
            const bool due = it->second < N && world.now() >= begins + milliseconds(attempts_ms[it->second]);
            if (due) ++it->second;
            it = due && attempt(it->first) ? waiting.erase(it) : std::next(it);
        }
    }
    return clients - waiting.size();
}

constexpr std::array tcp_attempts{0, 1000, 3000, 7000};
constexpr std::array dns_attempts{0, 400, 1200, 2800};

class VerifyFlood : public ::testing::TestWithParam<bool> {};

TEST_P(VerifyFlood, CookiesLetClientsInWhateverTheFlood) {
    model::ScrubProfile profile;
    profile.verify_tcp = model::TcpVerification::all;
    World world(profile, GetParam());
    const Flood flood{{"tcp", "53 syn", GetParam()}, 500};
    EXPECT_EQ(let_in(world, flood, tcp_attempts, [&](std::uint32_t it) { return world.connect(it); }),
              clients);
    EXPECT_EQ(world.forged_share(), 0);
}

TEST_P(VerifyFlood, FirstDropLetsClientsInThatSendTheirSynAgain) {
    model::ScrubProfile profile;
    profile.verify_tcp = model::TcpVerification::all;
    profile.tcp_method = model::TcpMethod::first_drop;
    World world(profile, GetParam());
    // 15,000 a second: the table holds four seconds of it.
    const Flood flood{{"tcp", "53 syn", GetParam()}, 150};
    EXPECT_EQ(let_in(world, flood, tcp_attempts, [&](std::uint32_t it) { return world.connect(it); }),
              clients);
    EXPECT_LT(world.forged_share(), 0.001);
}

// Four tables' worth of forged first packets a second. Were the oldest pushed out, none would live for the
// second until its repetition; so some do, and who is in stays in.
TEST_P(VerifyFlood, FirstDropOverItsMeasureLetsSomeIn) {
    model::ScrubProfile profile;
    profile.verify_tcp = model::TcpVerification::all;
    profile.tcp_method = model::TcpMethod::first_drop;
    World world(profile, GetParam());
    const Flood none{{"tcp", "53 syn", GetParam()}, 1};
    ASSERT_EQ(let_in(world, none, tcp_attempts, [&](std::uint32_t it) { return world.connect(it); }),
              clients);
    const Flood flood{{"tcp", "53 syn", GetParam()}, 2000};
    for (int step = 0; step < 100; ++step) world.flood(flood);
    const std::size_t in =
        let_in(world, flood, std::array{0, 1000}, [&](std::uint32_t it) { return world.connect(1000 + it); });
    EXPECT_GE(in, clients / 12);
    for (std::uint32_t it = 1; it <= clients; ++it) EXPECT_TRUE(world.connect(it)) << it;
    EXPECT_LT(world.forged_share(), 0.001);
}

TEST_P(VerifyFlood, ResolversGoToTcpAndThenAskByDatagram) {
    model::ScrubProfile profile;
    profile.verify_dns = model::DnsVerification::truncate;
    World world(profile, GetParam());
    const Flood flood{{"udp", "53 payload 24", GetParam()}, 500, true};
    std::map<std::uint32_t, bool> told;
    const std::size_t in = let_in(world, flood, tcp_attempts, [&](std::uint32_t it) {
        if (told[it]) return world.connect(it);
        told[it] = world.query(it) == model::Verdict::answer;
        EXPECT_TRUE(told[it]);
        return world.connect(it);
    });
    EXPECT_EQ(in, clients);
    for (std::uint32_t it = 1; it <= clients; ++it) EXPECT_EQ(world.query(it), model::Verdict::pass) << it;
    EXPECT_EQ(world.forged_share(), 0);
}

TEST_P(VerifyFlood, ResolversThatAskAgainAreHeard) {
    model::ScrubProfile profile;
    profile.verify_dns = model::DnsVerification::first_drop;
    World world(profile, GetParam());
    const Flood flood{{"udp", "53 payload 24", GetParam()}, 150, true};
    EXPECT_EQ(let_in(world, flood, dns_attempts,
                     [&](std::uint32_t it) { return world.query(it) == model::Verdict::pass; }),
              clients);
    EXPECT_LT(world.forged_share(), 0.001);
}

TEST_P(VerifyFlood, PlayersThatSendOnAreHeardAfterTheirFirstDatagram) {
    model::ScrubProfile profile;
    profile.verify_udp = model::UdpVerification::first_drop;
    World world(profile, GetParam());
    const Flood flood{{"udp", "27015 payload 24", GetParam()}, 200};
    EXPECT_EQ(let_in(world, flood, std::array{0, 60, 1400, 1460, 2800, 2860},
                     [&](std::uint32_t it) { return world.query(it) == model::Verdict::pass; }),
              clients);
    EXPECT_LT(world.forged_share(), 0.001);
}

INSTANTIATE_TEST_SUITE_P(Families, VerifyFlood, ::testing::Values(false, true),
                         [](const auto& family) { return family.param ? "IPv6" : "IPv4"; });

}  // namespace
}  // namespace sluice::dataplane::scrub
