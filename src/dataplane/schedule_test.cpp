// Rules that are in force at times: a flow ends with the time of its rule, at its next packet, without any
// change of program.
#include <gtest/gtest.h>

#include "dataplane/engine.hpp"
#include "dataplane/tagged_customer.hpp"
#include "packet/packet_text.hpp"

namespace sluice::dataplane {
namespace {

using namespace std::chrono_literals;

// A Monday, 00:00 UTC.
constexpr base::Timestamp monday{std::chrono::hours(24 * (4 + 7 * 2900))};

class Schedules : public ::testing::Test {
  protected:
    Schedules() {
        model::FirewallProgram& firewall = program_.firewall;
        model::FirewallRule always;
        always.name = "always";
        always.action = model::RuleAction::allow;
        always.services = {{.protocol = 17, .destination_port = {53, 53}}};
        model::FirewallRule hours;
        hours.name = "office-hours";
        hours.action = model::RuleAction::allow;
        hours.windows = {{8 * 60, 18 * 60}};
        firewall.rules = {always, hours};
    }
    std::string send(base::Timestamp at, const std::string& text) {
        const auto bytes = packet::parse_packet_text(text + " vlan 10").value();
        const std::span<const std::uint8_t> frame(bytes);
        const Outcome outcome = engine_.process(at, {&frame, 1}, Side::customers)[0];
        return outcome.verdict == model::Verdict::pass ? "pass"
                                                       : std::string(model::info(outcome.reason).name);
    }

    base::SeededRandom random_{1};
    Engine engine_{{}, random_};
    model::TenantProgram program_ = tagged_customer();
};

}  // namespace

TEST_F(Schedules, AFlowEndsWithTheTimeOfItsRule) {
    const std::string web = "udp 10.0.0.5:1 > 198.18.0.1:443";
    const std::string dns = "udp 10.0.0.5:2 > 198.18.0.1:53";
    ASSERT_TRUE(engine_.load({&program_, 1}, monday + 7h).has_value());
    EXPECT_EQ(send(monday + 7h + 59min, web), "no-rule");
    EXPECT_EQ(send(monday + 8h, web), "pass");
    EXPECT_EQ(send(monday + 17h + 58min, web), "pass");
    EXPECT_EQ(send(monday + 17h + 58min, dns), "pass");
    EXPECT_EQ(send(monday + 17h + 59min + 59s, web), "pass");
    EXPECT_EQ(send(monday + 17h + 59min + 59s, dns), "pass");
    EXPECT_EQ(send(monday + 18h, dns), "pass") << "another rule's flow goes on";
    EXPECT_EQ(send(monday + 18h, web), "policy-changed");
    EXPECT_EQ(send(monday + 18h + 1s, web), "no-rule");
    EXPECT_EQ(send(monday + 7 * 24h + 8h, web), "pass") << "a week later";
    EXPECT_EQ(send(monday + 7 * 24h + 18h, dns), "pass");
}

TEST_F(Schedules, AChangeOfProgramMeanwhileKeepsWhatIsStillAllowed) {
    const std::string web = "udp 10.0.0.5:1 > 198.18.0.1:443";
    ASSERT_TRUE(engine_.load({&program_, 1}, monday + 7h).has_value());
    EXPECT_EQ(send(monday + 9h, web), "pass");
    program_.firewall.rules[0].name = "dns";
    ASSERT_TRUE(engine_.load({&program_, 1}, monday + 9h + 5s).has_value());
    EXPECT_EQ(send(monday + 9h + 6s, web), "pass");
    program_.firewall.rules[1].windows = {{10 * 60, 18 * 60}};
    ASSERT_TRUE(engine_.load({&program_, 1}, monday + 9h + 7s).has_value());
    EXPECT_EQ(send(monday + 9h + 8s, web), "policy-changed");
    EXPECT_EQ(send(monday + 10h, web), "pass");
}

}  // namespace sluice::dataplane
