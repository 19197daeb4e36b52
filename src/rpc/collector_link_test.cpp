// Findings and policies between collectors and the controller: what is sent arrives, either side may come
// back.
#include <gtest/gtest.h>

#include "base/testing/eventually.hpp"
#include "rpc/link_world.hpp"

namespace sluice::rpc {
namespace {

using namespace std::chrono_literals;
using base::testing::eventually;

class CollectorLink : public Link {};

TEST_F(CollectorLink, FindingsGoUpAndPoliciesComeDown) {
    serve();
    const auto client = collector("collector-1");
    client->send(sample_finding("a"));
    client->send(sample_collector_report());
    EXPECT_TRUE(eventually([&] { return controller_.count("a") == 1; }));
    EXPECT_TRUE(eventually([&] { return collector_handler_.version == 7; }));
    EXPECT_EQ(controller_.attached("collector-1"), 1);
    EXPECT_TRUE(client->connected());
    server_->set_policies({sample_policy(1), sample_policy(2)}, 8);
    EXPECT_TRUE(eventually([&] { return collector_handler_.version == 8 && collector_handler_.count == 2; }));
    client->stop();
    EXPECT_TRUE(eventually([&] { return controller_.attached("collector-1") == 0; }));
}

TEST_F(CollectorLink, OpenFindingsAreSentAgainToARestartedControllerWithin500Ms) {
    serve();
    const auto client = collector("collector-1");
    client->send(sample_finding("open"));
    auto closed = sample_finding("closed");
    closed.state = model::FindingState::closed;
    client->send(closed);
    ASSERT_TRUE(eventually([&] { return controller_.findings().size() == 2; }));
    const auto restart = [&] {
        const auto before = controller_.count("open");
        server_.reset();
        EXPECT_TRUE(eventually([&] { return !client->connected(); }));
        std::this_thread::sleep_for(700ms);  // several attempts fail
        serve();
        const auto start = Steady::now();
        EXPECT_TRUE(eventually([&] { return controller_.count("open") == before + 1; }));
        const long taken = ms_since(start);
        EXPECT_TRUE(eventually([&] { return client->connected(); }));
        return taken;
    };
    EXPECT_LE(fastest(500, restart), 500);
    EXPECT_TRUE(eventually([&] { return controller_.count("closed") == controller_.count("open"); }));
}

TEST_F(CollectorLink, AFindingMadeWhileTheLinkIsDownArrivesInItsLatestState) {
    serve();
    const auto client = collector("collector-1");
    ASSERT_TRUE(eventually([&] { return client->connected(); }));
    server_.reset();
    ASSERT_TRUE(eventually([&] { return !client->connected(); }));
    auto finding = sample_finding("while-down");
    for (std::uint64_t i = 1; i <= 50; ++i) {
        finding.current.packets_per_s = i;
        client->send(finding);
    }
    serve();
    ASSERT_TRUE(eventually([&] { return controller_.count("while-down") >= 1; }));
    std::this_thread::sleep_for(50ms);
    ASSERT_EQ(controller_.count("while-down"), 1U);
    EXPECT_EQ(controller_.findings().back().current.packets_per_s, 50U);
}

TEST_F(CollectorLink, TheQueueOfADeadLinkIsBounded) {
    port_ = 1;  // nobody listens
    auto config = client_config("collector-1");
    config.queue_limit = 10;
    const auto client = collector("collector-1", config);
    for (int i = 0; i < 25; ++i) client->send(sample_finding("f" + std::to_string(i)));
    for (int i = 0; i < 25; ++i) client->send(sample_collector_report());
    EXPECT_NE(client_metrics_.prometheus_text().find("sluice_link_findings_lost_total 15"),
              std::string::npos);
    client->stop();  // ends at once, although nothing ever answered
}

}  // namespace
}  // namespace sluice::rpc
