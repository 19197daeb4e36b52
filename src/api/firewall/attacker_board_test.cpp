#include "api/firewall/attacker_board.hpp"

#include <gtest/gtest.h>

namespace sluice::api::firewall {
namespace {

using namespace std::chrono_literals;

class Sink final : public incident::EventSink {
  public:
    void publish(model::Event event) override { events.push_back(std::move(event)); }
    std::vector<model::Event> events;
};

class AttackerBoardTest : public ::testing::Test {
  protected:
    static model::OutboundAttacker attacker(std::uint64_t tenant, const char* address) {
        model::OutboundAttacker out;
        out.tenant = model::TenantId(tenant);
        out.address = *net::Address::parse(address);
        out.conduct = model::OutboundConduct::tcp_flood;
        out.action = model::OutboundAction::limit;
        out.new_flows_per_s = 300;
        out.held_back = 7;
        return out;
    }
    void report(std::vector<model::OutboundAttacker> attackers, const std::string& gateway = "g1") {
        model::GatewayReport report;
        report.name = gateway;
        report.attackers = std::move(attackers);
        board_.on_gateway_report(report);
    }

    base::ManualClock clock_;
    base::MetricRegistry metrics_;
    Sink sink_;
    AttackerBoard board_{{}, {sink_, clock_, metrics_}};
};

TEST_F(AttackerBoardTest, IsListedForItsTenantAloneAndToldOnce) {
    for (int n = 0; n < 5; ++n) report({attacker(1, "10.0.0.5"), attacker(2, "10.0.0.5")});
    ASSERT_EQ(board_.of(model::TenantId(1)).size(), 1U);
    EXPECT_EQ(board_.of(model::TenantId(1))[0].tenant, model::TenantId(1));
    EXPECT_TRUE(board_.of(model::TenantId(3)).empty());
    ASSERT_EQ(sink_.events.size(), 2U);
    EXPECT_EQ(sink_.events[0].kind, "attacker.named");
    EXPECT_EQ(sink_.events[0].tenant, model::TenantId(1));
    EXPECT_EQ(
        sink_.events[0].text,
        "10.0.0.5 attacks others: it begins many connections with a few computers on the internet and "
        "finishes none. It opens only a few new connections until it stops; those that are open go on.");
}

TEST_F(AttackerBoardTest, IsOverWhenNoGatewayNamesItForAWhile) {
    report({attacker(1, "10.0.0.5")});
    clock_.advance(1s);
    report({});
    EXPECT_EQ(sink_.events.size(), 1U) << "a moment is no end";
    report({attacker(1, "10.0.0.5")}, "g2");
    clock_.advance(4s);
    report({});
    EXPECT_EQ(sink_.events.size(), 1U);
    clock_.advance(2s);
    report({});
    ASSERT_EQ(sink_.events.size(), 2U);
    EXPECT_EQ(sink_.events[1].kind, "attacker.over");
}

TEST_F(AttackerBoardTest, TwoGatewaysSeeTwoPartsOfOneHost) {
    report({attacker(1, "10.0.0.5")}, "g1");
    report({attacker(1, "10.0.0.5")}, "g2");
    const auto hosts = board_.of(model::TenantId(1));
    ASSERT_EQ(hosts.size(), 1U);
    EXPECT_EQ(hosts[0].new_flows_per_s, 600U);
    EXPECT_EQ(hosts[0].held_back, 14U);
    EXPECT_EQ(sink_.events.size(), 1U);
    clock_.advance(1s);
    report({attacker(1, "10.0.0.5")}, "g1");
    EXPECT_EQ(board_.of(model::TenantId(1))[0].new_flows_per_s, 300U) << "g2 is silent";
}

TEST_F(AttackerBoardTest, TheProviderSeesThoseOfAllCustomers) {
    report({attacker(1, "10.0.0.5"), attacker(2, "10.0.0.5")});
    const auto hosts = board_.all();
    ASSERT_EQ(hosts.size(), 2U) << "the same private address twice";
    EXPECT_NE(hosts[0].tenant, hosts[1].tenant);
    EXPECT_EQ(board_.of(model::TenantId(2)).size(), 1U);
}

TEST_F(AttackerBoardTest, ManyHostsAreListedButNotAllTold) {
    std::vector<model::OutboundAttacker> many;
    for (int n = 1; n <= 200; ++n) many.push_back(attacker(1, ("10.0.0." + std::to_string(n)).c_str()));
    report(many);
    EXPECT_EQ(board_.of(model::TenantId(1)).size(), 200U);
    EXPECT_EQ(sink_.events.size(), 20U);
}

}  // namespace
}  // namespace sluice::api::firewall
