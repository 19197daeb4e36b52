// Virtual time: customers' hosts that flood, scan and pulse, among others that only work.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>

#include "dataplane/engine.hpp"
#include "dataplane/outbound/open_customer.hpp"
#include "packet/packet_text.hpp"

namespace sluice::dataplane::outbound {
namespace {

using model::OutboundAction;
using model::OutboundConduct;
using Frame = std::vector<std::uint8_t>;

Frame frame_of(const std::string& text) {
    const auto frame = packet::parse_packet_text(text);
    EXPECT_TRUE(frame.has_value()) << text;
    return frame.value_or(Frame{});
}

// A customer whose hosts 203.0.113.0/24 hang on VLAN 10; all may go out, and UDP 123 of one comes in.
class Town {
  public:
    explicit Town(const model::OutboundPolicy& policy) {
        program_ = open_customer(policy);
        EXPECT_TRUE(engine_.load({&program_, 1}, now_).has_value());
    }

    std::size_t send(const Frame& frame, std::size_t times = 1, Side side = Side::customers) {
        const std::vector<std::span<const std::uint8_t>> frames(times, frame);
        std::size_t passed = 0;
        for (const Outcome& outcome : engine_.process(now_, frames, side))
            passed += outcome.verdict == model::Verdict::pass ? 1 : 0;
        return passed;
    }
    std::size_t out(const std::string& text) { return send(frame_of(text + " vlan 10")); }
    std::size_t in(const std::string& text) { return send(frame_of(text), 1, Side::internet); }
    void wait(std::chrono::milliseconds time) { now_ += time; }
    std::vector<model::OutboundAttacker> attackers() { return engine_.report().attackers; }
    [[nodiscard]] base::Timestamp now() const { return now_; }

    // So many new connections nobody answers, spread over a second.
    std::size_t flood(const std::string& host, unsigned per_second) {
        std::size_t passed = 0;
        for (unsigned step = 0; step < 10; ++step) {
            for (unsigned n = 0; n < per_second / 10; ++n)
                passed += out(fmt::format("tcp {}:{} > 198.51.100.1:443 syn", host, port_++ % 60'000 + 1000));
            wait(std::chrono::milliseconds(100));
        }
        return passed;
    }

  private:
    base::SeededRandom random_{7};
    Engine engine_{{.max_flows = 65'536}, random_};
    model::TenantProgram program_;
    base::Timestamp now_{std::chrono::hours(500'000)};
    unsigned port_ = 0;
};

TEST(OutboundSimulation, AFloodInOneOpenFlowIsNamedAndHeldBack) {
    Town town({.contain = OutboundAction::limit, .packets_per_s = 5'000, .contained_per_s = 10});
    const Frame flood = frame_of("udp 203.0.113.66:9 > 198.51.100.1:80 payload 1000 vlan 10");
    std::vector<std::size_t> passed;
    for (int second = 0; second < 10; ++second) {
        passed.push_back(0);
        for (int step = 0; step < 20; ++step) {
            passed.back() += town.send(flood, 1000);
            town.wait(std::chrono::milliseconds(50));
        }
    }
    EXPECT_EQ(passed[0], 20'000U);
    for (std::size_t second = 5; second < passed.size(); ++second) EXPECT_LE(passed[second], 42U) << second;
    const auto named = town.attackers();
    ASSERT_EQ(named.size(), 1U);
    EXPECT_EQ(named[0].address.to_string(), "203.0.113.66");
    EXPECT_EQ(named[0].conduct, OutboundConduct::udp_flood);
    EXPECT_EQ(named[0].unanswered_percent, 100U);
    EXPECT_GT(named[0].packets_per_s, 10'000U);
    EXPECT_GT(named[0].held_back, 90'000U);
    EXPECT_LE(named[0].last_at, town.now());
    EXPECT_GT(named[0].until, town.now());
    EXPECT_LT(town.now() - named[0].since, std::chrono::seconds(11));
    // Once the other end answers, it is a conversation.
    EXPECT_EQ(town.in("udp 198.51.100.1:80 > 203.0.113.66:9"), 1U);
    EXPECT_EQ(town.send(flood, 100), 100U);
}

TEST(OutboundSimulation, RisesAndFallsOnceThoughTheAttackPulses) {
    Town town({.contain = OutboundAction::limit, .new_flows_per_s = 100, .hold_s = 30});
    unsigned changes = 0;
    bool named = false;
    unsigned seconds_named = 0;
    const auto look = [&] {
        const bool is = !town.attackers().empty();
        changes += is != named ? 1 : 0;
        named = is;
        seconds_named += is ? 1 : 0;
    };
    for (int second = 0; second < 90; ++second) {
        (void)town.flood("203.0.113.66", second % 2 == 0 ? 200 : 0);
        look();
    }
    EXPECT_TRUE(named);
    for (int second = 0; second < 60; ++second) {
        (void)town.flood("203.0.113.9", 10);  // somebody else works
        look();
    }
    EXPECT_FALSE(named);
    EXPECT_EQ(changes, 2U);
    EXPECT_GE(seconds_named, 80U);
}

TEST(OutboundSimulation, AtItsLimitItDoesNotSwing) {
    Town town({.contain = OutboundAction::limit, .new_flows_per_s = 100, .hold_s = 20});
    unsigned changes = 0;
    bool named = false;
    for (unsigned second = 0; second < 120; ++second) {
        (void)town.flood("203.0.113.66", 60 + second * 37 % 80);  // 60 to 130 and back
        const bool is = !town.attackers().empty();
        changes += is != named ? 1 : 0;
        named = is;
    }
    EXPECT_LE(changes, 1U);
}

TEST(OutboundSimulation, OthersOfTheCustomerAreNotTouched) {
    Town town({.contain = OutboundAction::block, .new_flows_per_s = 100, .targets_per_s = 50});
    std::size_t asked = 0;
    std::size_t passed = 0;
    for (int second = 0; second < 8; ++second) {
        (void)town.flood("203.0.113.66", 300);
        for (int host = 1; host <= 40; ++host) {
            for (int n = 0; n < 10; ++n) {
                const std::string from = fmt::format("203.0.113.{}:{}", host, 2000 + second * 100 + n);
                const std::string to = fmt::format("198.51.100.{}:443", 10 + n);
                asked += 2;
                passed += town.out(fmt::format("tcp {} > {} syn seq 100", from, to));
                passed += town.in(fmt::format("tcp {} > {} syn ack seq 7 ack-number 101", to, from));
            }
        }
    }
    EXPECT_EQ(passed, asked);
    const auto named = town.attackers();
    ASSERT_EQ(named.size(), 1U);
    EXPECT_EQ(named[0].address.to_string(), "203.0.113.66");
    EXPECT_EQ(town.flood("203.0.113.66", 300), 0U);
}

// One that looks things up all over the world and gets answers: a crawler, a resolver, a mail server.
TEST(OutboundSimulation, WhoIsAnsweredMayAskMany) {
    Town town({.contain = OutboundAction::block, .new_flows_per_s = 100, .targets_per_s = 50});
    for (int second = 0; second < 8; ++second) {
        for (int n = 0; n < 240; ++n) {
            const std::string from = fmt::format("203.0.113.5:{}", 2000 + second * 250 + n);
            const std::string to = fmt::format("198.51.100.{}:53", 1 + n);
            EXPECT_EQ(town.out(fmt::format("udp {} > {}", from, to)), 1U);
            if (n % 4 != 0) (void)town.in(fmt::format("udp {} > {}", to, from));
        }
        town.wait(std::chrono::seconds(1));
    }
    EXPECT_TRUE(town.attackers().empty());
}

TEST(OutboundSimulation, AnAmplifierIsNamedAndServesOn) {
    Town town({.contain = OutboundAction::block, .packets_per_s = 5'000});
    const Frame answer = frame_of("udp 203.0.113.77:123 > 198.51.100.1:80 payload 460 vlan 10");
    std::size_t passed = 0;
    for (int second = 0; second < 5; ++second) {
        for (int step = 0; step < 20; ++step) {
            EXPECT_EQ(town.in("udp 198.51.100.1:80 > 203.0.113.77:123 payload 8"), 1U);
            passed += town.send(answer, 500);
            town.wait(std::chrono::milliseconds(50));
        }
    }
    EXPECT_EQ(passed, 50'000U);
    const auto named = town.attackers();
    ASSERT_EQ(named.size(), 1U);
    EXPECT_EQ(named[0].conduct, OutboundConduct::reflects);
    EXPECT_EQ(named[0].action, OutboundAction::watch) << "to hold back would be to refuse honest clients";
    EXPECT_EQ(town.in("udp 198.51.100.9:4000 > 203.0.113.77:123 payload 8"), 1U);
}

TEST(OutboundSimulation, AClockThatJumpsFreesNobodyEarlyAndKeepsNobodyForEver) {
    Town town({.contain = OutboundAction::block, .new_flows_per_s = 100, .hold_s = 60});
    for (int second = 0; second < 5; ++second) (void)town.flood("203.0.113.66", 200);
    ASSERT_EQ(town.attackers().size(), 1U);
    town.wait(std::chrono::milliseconds(-3'600'000));
    EXPECT_EQ(town.flood("203.0.113.66", 200), 0U);
    town.wait(std::chrono::hours(30));
    EXPECT_EQ(town.out("tcp 203.0.113.66:5 > 198.51.100.1:443 syn"), 1U);
    EXPECT_TRUE(town.attackers().empty());
}

}  // namespace
}  // namespace sluice::dataplane::outbound
