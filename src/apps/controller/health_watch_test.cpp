#include "apps/controller/health_watch.hpp"

#include <gtest/gtest.h>

#include "incident/event_sink.hpp"

namespace sluice::apps::controller {
namespace {

using namespace std::chrono_literals;

class NoEvents final : public incident::EventSink {
  public:
    void publish(model::Event /*event*/) override {}
};

class Watch : public ::testing::Test {
  protected:
    std::vector<std::string> raised() {
        std::vector<std::string> codes;
        for (const auto& alarm : alarms_.active()) codes.push_back(alarm.code + " " + alarm.subject);
        return codes;
    }
    base::ManualClock clock_;
    base::MetricRegistry metrics_;
    NoEvents events_;
    api::system::PlatformHealth health_{{}, clock_};
    api::system::AlarmBoard alarms_{
        {}, {events_, clock_, base::Logger(base::null_sink(), clock_, "test"), metrics_}};
    base::Result<std::uint64_t> free_ = 1ULL << 30U;
    HealthWatch watch_{{.data_directory = "/data", .disk_reserve_bytes = 1ULL << 20U},
                       health_,
                       alarms_,
                       [this](const std::filesystem::path&) { return free_; }};
};

TEST_F(Watch, ACollectorThatFallsSilentAndComesBack) {
    model::CollectorReport report;
    report.name = "vienna-1";
    health_.on_collector_report(report);
    watch_.step();
    EXPECT_TRUE(raised().empty());
    clock_.advance(4s);
    watch_.step();
    EXPECT_EQ(raised(), (std::vector<std::string>{"collector-silent vienna-1"}));
    health_.on_collector_report(report);
    watch_.step();
    EXPECT_TRUE(raised().empty());
}

TEST_F(Watch, AGatewayThatCanNotKeepItsLog) {
    model::GatewayReport report;
    report.name = "guard-1";
    report.trouble = "the nat log can not be written";
    health_.on_gateway_report(report);
    watch_.step();
    EXPECT_EQ(raised(), (std::vector<std::string>{"gateway-trouble guard-1"}));
    EXPECT_EQ(alarms_.active().front().sentence, "The gateway guard-1 says: the nat log can not be written.");
    report.trouble.clear();
    health_.on_gateway_report(report);
    watch_.step();
    EXPECT_TRUE(raised().empty());
}

TEST_F(Watch, ADiskThatFillsUpAndIsEmptied) {
    free_ = 1000;
    watch_.step();
    EXPECT_EQ(raised(), (std::vector<std::string>{"disk-full /data"}));
    free_ = 1ULL << 30U;
    watch_.step();
    EXPECT_TRUE(raised().empty());
    free_ = base::fail(base::ErrorCode::io, "it is gone");
    watch_.step();
    EXPECT_EQ(raised(), (std::vector<std::string>{"disk-full /data"}));
}

TEST_F(Watch, AStoreThatFailsAndWorksAgain) {
    watch_.on_store("the state", base::fail(base::ErrorCode::io, "the store failed", {}, "look at its disk"));
    EXPECT_EQ(raised(), (std::vector<std::string>{"store-failed the state"}));
    EXPECT_EQ(alarms_.active().front().sentence, "The store can not keep the state: the store failed.");
    EXPECT_EQ(alarms_.active().front().what_to_do, "Look at its disk.");
    watch_.on_store("traffic", {});
    EXPECT_EQ(raised().size(), 1U);
    watch_.on_store("the state", {});
    EXPECT_TRUE(raised().empty());
}

}  // namespace
}  // namespace sluice::apps::controller
