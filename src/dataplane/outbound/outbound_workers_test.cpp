// Virtual time: the same limits where three workers share a host's flows, by the other end's address. What
// holds for one worker holds for all of them together.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <vector>

#include "dataplane/engine.hpp"
#include "dataplane/outbound/open_customer.hpp"
#include "packet/packet_text.hpp"

namespace sluice::dataplane::outbound {
namespace {

using model::OutboundAction;
using model::OutboundConduct;
using std::chrono::milliseconds;
using Frame = std::vector<std::uint8_t>;

// A customer whose hosts 203.0.113.0/24 hang on VLAN 10; all may go out.
class City {
  public:
    City(const model::OutboundPolicy& policy, std::uint32_t workers)
        : engine_({.max_flows = 65'536, .workers = workers}, random_) {
        const model::TenantProgram program = open_customer(policy);
        EXPECT_TRUE(engine_.load({&program, 1}, now_).has_value());
    }

    std::size_t send(const Frame& frame, std::size_t times = 1, Side side = Side::customers) {
        const std::vector<std::span<const std::uint8_t>> frames(times, frame);
        std::size_t passed = 0;
        for (const Outcome& outcome : engine_.process(now_, frames, side))
            passed += outcome.verdict == model::Verdict::pass ? 1 : 0;
        return passed;
    }
    static Frame frame_of(const std::string& text) { return packet::parse_packet_text(text).value(); }
    std::size_t out(const std::string& text) { return send(frame_of(text + " vlan 10")); }
    void wait(milliseconds time) { now_ += time; }
    std::vector<model::OutboundAttacker> attackers() { return engine_.report().attackers; }
    [[nodiscard]] std::uint64_t handed_over() const { return engine_.handed_over(); }

    // Connections of one host to so many others that nobody answers, spread over a second.
    std::size_t attack(unsigned per_second, unsigned hosts) {
        std::size_t passed = 0;
        for (unsigned step = 0; step < 20; ++step) {
            for (unsigned n = 0; n < per_second / 20; ++n) {
                const unsigned at = next_++;
                passed += out(fmt::format("tcp 203.0.113.66:{} > 198.18.{}.{}:443 syn", at % 60'000 + 1000,
                                          at % hosts / 250, 1 + at % hosts % 250));
            }
            wait(milliseconds(50));
        }
        return passed;
    }

  private:
    base::SeededRandom random_{7};
    Engine engine_;
    base::Timestamp now_{std::chrono::hours(500'000)};
    unsigned next_ = 0;
};

constexpr std::uint32_t three = 3;

}  // namespace

TEST(OutboundWorkers, AScanIsHeldToTheLimitByAllTogether) {
    City city({.contain = OutboundAction::limit, .targets_per_s = 50, .contained_per_s = 30}, three);
    std::size_t passed = 0;
    for (int second = 0; second < 14; ++second) {
        const std::size_t now = city.attack(600, 5000);
        if (second >= 4) passed += now;
        if (second == 0) {
            EXPECT_EQ(now, 600U);
        }
    }
    EXPECT_GT(city.handed_over(), 100U);
    EXPECT_LE(passed, 10U * 30 + three * 32) << "once, each worker's burst";
    EXPECT_GE(passed, 10U * 30 * 8 / 10) << "what is left to it, it gets";
    const auto named = city.attackers();
    ASSERT_EQ(named.size(), 1U) << "one host, whoever names it";
    EXPECT_EQ(named[0].conduct, OutboundConduct::scans_hosts);
    EXPECT_NEAR(static_cast<double>(named[0].new_flows_per_s), 600, 60);
    EXPECT_GE(named[0].held_back, 10U * 600 - passed - 600);
}

TEST(OutboundWorkers, ABlockedScanIsBlockedAtAllOfThem) {
    City city({.contain = OutboundAction::block, .targets_per_s = 50}, three);
    for (int second = 0; second < 4; ++second) (void)city.attack(600, 5000);
    EXPECT_EQ(city.attack(600, 5000), 0U);
}

TEST(OutboundWorkers, ItEndsAtAllOfThem) {
    City city({.contain = OutboundAction::block, .targets_per_s = 50, .hold_s = 20}, three);
    for (int second = 0; second < 5; ++second) (void)city.attack(600, 5000);
    ASSERT_EQ(city.attackers().size(), 1U);
    city.wait(std::chrono::seconds(15));
    EXPECT_EQ(city.attack(20, 5000), 0U) << "not before its time";
    EXPECT_EQ(city.attackers().size(), 1U);
    city.wait(std::chrono::seconds(7));
    EXPECT_EQ(city.attack(20, 5000), 20U) << "and then at each";
    EXPECT_TRUE(city.attackers().empty());
}

TEST(OutboundWorkers, OneTargetIsOneWorkersAndHeldToTheLimit) {
    City city({.contain = OutboundAction::limit, .new_flows_per_s = 100, .contained_per_s = 30}, three);
    std::size_t passed = 0;
    for (int second = 0; second < 14; ++second) {
        const std::size_t now = city.attack(600, 1);
        if (second >= 4) passed += now;
    }
    EXPECT_LE(passed, 10U * 30 + 32);
    EXPECT_GT(passed, 0U);
    ASSERT_EQ(city.attackers().size(), 1U);
    EXPECT_EQ(city.attackers()[0].conduct, OutboundConduct::tcp_flood);
}

// What is allowed to a host is not less because workers share its flows, whether these go to one other end,
// which is one worker's, or to many.
TEST(OutboundWorkers, WhoStaysBelowTheLimitIsNotNamed) {
    for (const std::uint32_t workers : {1U, three}) {
        City flood({.contain = OutboundAction::limit, .new_flows_per_s = 100, .targets_per_s = 50}, workers);
        City scan({.contain = OutboundAction::limit, .new_flows_per_s = 100, .targets_per_s = 50}, workers);
        for (int second = 0; second < 10; ++second) {
            EXPECT_EQ(flood.attack(80, 1), 80U) << workers;
            EXPECT_EQ(scan.attack(40, 5000), 40U) << workers;
        }
        EXPECT_TRUE(flood.attackers().empty()) << workers;
        EXPECT_TRUE(scan.attackers().empty()) << workers;
    }
}

// And not more: one flow a worker, none of which alone is too much.
TEST(OutboundWorkers, PacketsThatNobodyAnswersCountTogether) {
    for (const std::uint32_t workers : {1U, three}) {
        City city({.contain = OutboundAction::limit, .packets_per_s = 9'000}, workers);
        std::vector<Frame> flows;
        for (unsigned n = 0; n < 30; ++n)
            flows.push_back(City::frame_of(
                fmt::format("udp 203.0.113.66:9 > 198.18.0.{}:80 payload 900 vlan 10", 1 + n)));
        for (int second = 0; second < 6; ++second) {
            for (int step = 0; step < 20; ++step) {
                for (const Frame& flow : flows) (void)city.send(flow, 20);  // 12,000 a second in sum
                city.wait(milliseconds(50));
            }
        }
        EXPECT_EQ(city.attackers().size(), 1U) << workers;
    }
}

}  // namespace sluice::dataplane::outbound
