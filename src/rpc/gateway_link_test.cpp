// Programs, log-ins and reports between the controller and gateways: the newest state arrives, also after a
// break.
#include <gtest/gtest.h>

#include "base/testing/eventually.hpp"
#include "rpc/link_world.hpp"

namespace sluice::rpc {
namespace {

using namespace std::chrono_literals;
using base::testing::eventually;

class GatewayLink : public Link {};

TEST_F(GatewayLink, AGatewayGetsAllProgramsThenChangesAndRemovals) {
    serve();
    const auto client = gateway("guard-1");
    ASSERT_TRUE(eventually([&] { return gateway_handler_.updates == 1; }));
    EXPECT_EQ(gateway_handler_.full_updates, 1);
    EXPECT_EQ(gateway_handler_.generation, 1U);
    server_->set_program(sample_program(13, 2));
    ASSERT_TRUE(eventually([&] { return gateway_handler_.generation == 2; }));
    EXPECT_EQ(gateway_handler_.programs().size(), 2U);
    server_->remove_program(model::TenantId(12), 3);
    ASSERT_TRUE(eventually([&] { return gateway_handler_.generation == 3; }));
    EXPECT_EQ(gateway_handler_.programs().size(), 1U);
    EXPECT_EQ(gateway_handler_.full_updates, 1);
    server_->set_programs({});
    ASSERT_TRUE(eventually([&] { return gateway_handler_.full_updates == 2; }));
    EXPECT_TRUE(gateway_handler_.programs().empty());
    client->send(sample_gateway_report(3));
    EXPECT_TRUE(eventually([&] { return controller_.acknowledged == 3; }));
}

TEST_F(GatewayLink, AGatewayThatComesBackGetsEverythingAgain) {
    serve();
    relay_ = std::make_unique<TcpRelay>(port_);
    const auto client = gateway("guard-1");
    ASSERT_TRUE(eventually([&] { return gateway_handler_.updates == 1; }));
    server_->set_program(sample_program(13, 2));
    ASSERT_TRUE(eventually([&] { return gateway_handler_.generation == 2; }));
    const auto cut = [&] {
        const int before = gateway_handler_.full_updates;
        const auto start = Steady::now();
        relay_->cut();
        EXPECT_TRUE(eventually([&] { return gateway_handler_.full_updates == before + 1; }));
        return ms_since(start);
    };
    EXPECT_LE(fastest(500, cut), 500);
    EXPECT_EQ(gateway_handler_.programs().size(), 2U);
    EXPECT_EQ(gateway_handler_.generation, 2U);
}

TEST_F(GatewayLink, ALogInIsAtTheGatewayAtOnceAndAgainAfterABreak) {
    serve();
    server_->set_bindings({sample_binding("10.0.0.1/32")});
    relay_ = std::make_unique<TcpRelay>(port_);
    const auto client = gateway("guard-1");
    ASSERT_TRUE(eventually([&] { return gateway_handler_.bindings().size() == 1; }));
    ASSERT_TRUE(eventually([&] { return gateway_handler_.updates == 1; }));
    const auto log_in = [&] {
        const auto before = gateway_handler_.bindings_generation.load();
        const auto start = Steady::now();
        server_->set_binding(sample_binding("10.0.0.2/32"));
        EXPECT_TRUE(eventually([&] { return gateway_handler_.bindings_generation > before; }));
        return ms_since(start);
    };
    EXPECT_LE(fastest(100, log_in), 100);
    EXPECT_EQ(gateway_handler_.bindings().at(sample_binding("10.0.0.2/32").key()),
              sample_binding("10.0.0.2/32"));
    server_->remove_bindings({sample_binding("10.0.0.1/32").key()});
    EXPECT_TRUE(eventually([&] { return gateway_handler_.bindings().size() == 1; }));
    EXPECT_EQ(gateway_handler_.full_bindings, 1);
    EXPECT_EQ(gateway_handler_.updates, 1) << "no program is sent for it";
    relay_->cut();
    ASSERT_TRUE(eventually([&] { return gateway_handler_.full_bindings == 2; }));
    EXPECT_EQ(gateway_handler_.bindings().size(), 1U);
}

TEST_F(GatewayLink, OnlyWhatWasSentCanBeAcknowledged) {
    serve();
    const auto client = gateway("guard-1");
    ASSERT_TRUE(eventually([&] { return gateway_handler_.updates == 1; }));
    client->send(sample_gateway_report(999));
    ASSERT_TRUE(eventually([&] { return controller_.gateway_reports == 1; }));
    EXPECT_EQ(controller_.acknowledged, 0U);
    client->send(sample_gateway_report(1));
    ASSERT_TRUE(eventually([&] { return controller_.acknowledged == 1; }));
    client->send(sample_gateway_report(0));  // it lost its programs
    ASSERT_TRUE(eventually([&] { return controller_.gateway_reports == 3; }));
    EXPECT_EQ(controller_.acknowledged, 0U);
}

TEST_F(GatewayLink, AnUpdateLargerThanAMessageArrivesAsOne) {
    LinkServerConfig config;
    config.max_message_bytes = 65'536;
    serve(config);
    std::vector<model::TenantProgram> programs;
    for (std::uint64_t i = 1; i <= 1000; ++i) programs.push_back(sample_program(i, i));
    server_->set_programs(programs);
    const auto client = gateway("guard-1");
    ASSERT_TRUE(eventually([&] { return gateway_handler_.generation == 1000; }));
    EXPECT_EQ(gateway_handler_.updates, 1);
    EXPECT_EQ(gateway_handler_.programs().size(), 1000U);
}

TEST_F(GatewayLink, ASlowGatewayGetsTheNewestStateNotABacklog) {
    serve();
    gateway_handler_.delay = 50;
    std::atomic<GatewayClient*> reporting{nullptr};
    gateway_handler_.on_update = [&](std::uint64_t generation) {
        if (auto* client = reporting.load()) client->send(sample_gateway_report(generation));
    };
    const auto client = gateway("guard-1");
    reporting = client.get();
    ASSERT_TRUE(eventually([&] { return gateway_handler_.updates == 1; }));
    const auto start = Steady::now();
    for (std::uint64_t generation = 2; generation <= 2000; ++generation) {
        server_->set_program(sample_program(12, generation));
        if (generation % 20 == 0) std::this_thread::sleep_for(1ms);
    }
    ASSERT_TRUE(eventually([&] { return gateway_handler_.generation == 2000; }));
    EXPECT_LE(gateway_handler_.updates, ms_since(start) / 50 + 2) << "one at a time, not 2000";
}

TEST_F(GatewayLink, ASlowStoreDoesNotDelayHeartbeats) {
    serve();
    controller_.finding_delay = 1000;
    const auto slow = collector("collector-1");
    const auto slow2 = collector("collector-2");
    const auto client = gateway("guard-1");
    ASSERT_TRUE(eventually([&] { return client->connected() && slow->connected() && slow2->connected(); }));
    for (int i = 0; i < 20; ++i) {
        slow->send(sample_finding("a" + std::to_string(i)));
        slow2->send(sample_finding("b" + std::to_string(i)));
    }
    std::vector<long> delays;
    for (int i = 0; i < 20; ++i) {
        const auto start = Steady::now();
        const auto before = controller_.gateway_reports.load();
        client->send(sample_gateway_report());
        ASSERT_TRUE(eventually([&] { return controller_.gateway_reports > before; }));
        delays.push_back(ms_since(start));
        std::this_thread::sleep_for(20ms);
    }
    std::ranges::nth_element(delays, delays.begin() + 10);
    EXPECT_LT(delays[10], 300) << "behind a finding it would be a second and more";
    controller_.finding_delay = 0;
}

}  // namespace
}  // namespace sluice::rpc
