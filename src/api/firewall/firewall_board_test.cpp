#include "api/firewall/firewall_board.hpp"

#include <gtest/gtest.h>

namespace sluice::api::firewall {
namespace {

using namespace std::chrono_literals;
constexpr model::TenantId acme{12};

class Board : public ::testing::Test {
  protected:
    static base::Timestamp at(int seconds) {
        return base::Timestamp{std::chrono::seconds(1'790'000'000 + seconds)};
    }
    static model::GatewayReport report(const std::string& gateway, std::vector<model::RuleHits> rules,
                                       std::uint64_t open = 0, int started = 0) {
        model::GatewayReport out;
        out.name = gateway;
        out.started_at = at(started);
        out.firewalls = {{acme, open, open * 2, open * 64, std::move(rules)}};
        return out;
    }

    base::ManualClock clock_;
    base::MetricRegistry metrics_;
    FirewallBoard board_{{.max_rules = 4}, clock_, metrics_};
};

TEST_F(Board, GatewaysAreAddedUpAndSilentOnesHaveNoFlows) {
    board_.on_gateway_report(report("guard-1", {{"web", 5, at(1), at(9)}, {"mail", 0, at(1), {}}}, 3));
    clock_.advance(500ms);
    board_.on_gateway_report(report("guard-2", {{"web", 2, at(3), at(7)}}, 4));
    auto use = board_.of(acme);
    EXPECT_EQ(use.gateways, 2U);
    EXPECT_EQ(use.flows_open, 7U);
    EXPECT_EQ(use.flows_opened, 14U);
    EXPECT_EQ(use.nat_ports, 7U * 64);
    EXPECT_EQ(use.rules["web"].hits, 7U);
    EXPECT_EQ(use.rules["web"].since, at(1));
    EXPECT_EQ(use.rules["web"].last_at, at(9));
    EXPECT_FALSE(use.rules["mail"].last_at);
    clock_.advance(500ms);
    use = board_.of(acme);
    EXPECT_EQ(use.gateways, 1U);
    EXPECT_EQ(use.flows_open, 4U);
    EXPECT_EQ(use.rules["web"].hits, 7U);
    EXPECT_EQ(board_.of(model::TenantId(13)).gateways, 0U);
}

TEST_F(Board, WhatIsNotToldIsAsItWas) {
    board_.on_gateway_report(report("guard-1", {{"web", 5, at(1), at(9)}, {"mail", 1, at(1), at(2)}}));
    board_.on_gateway_report(report("guard-1", {{"mail", 2, at(1), at(10)}}));
    const auto use = board_.of(acme);
    EXPECT_EQ(use.rules.at("web").hits, 5U);
    EXPECT_EQ(use.rules.at("mail").hits, 2U);
}

TEST_F(Board, AGatewayThatBeginsAnewLosesNothing) {
    board_.on_gateway_report(report("guard-1", {{"web", 5, at(1), at(9)}}, 3, 0));
    board_.on_gateway_report(report("guard-1", {{"web", 1, at(20), {}}}, 1, 15));
    const auto use = board_.of(acme);
    EXPECT_EQ(use.rules.at("web").hits, 6U);
    EXPECT_EQ(use.rules.at("web").since, at(1));
    EXPECT_EQ(use.rules.at("web").last_at, at(9));
    EXPECT_EQ(use.flows_open, 1U);
    EXPECT_EQ(use.flows_opened, 8U);
}

TEST_F(Board, NamesHaveALimitAndTenantsThatAreGoneAreForgotten) {
    board_.on_gateway_report(report("guard-1", {{"a", 1}, {"b", 1}, {"c", 1}, {"d", 1}, {"e", 1}}));
    EXPECT_EQ(board_.of(acme).rules.size(), 1U);
    clock_.advance(16min);
    model::GatewayReport empty = report("guard-1", {});
    empty.firewalls.clear();
    board_.on_gateway_report(empty);
    EXPECT_EQ(board_.of(acme).gateways, 0U);
    EXPECT_TRUE(board_.of(acme).rules.empty());
}

}  // namespace
}  // namespace sluice::api::firewall
