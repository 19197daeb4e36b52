#include "api/traffic/traffic_recorder.hpp"

#include <gtest/gtest.h>

#include "tenancy/unit_of_work.hpp"

namespace sluice::api::traffic {
namespace {

using namespace std::chrono_literals;
using model::TenantId;

class NoStore final : public tenancy::UnitOfWork {
  public:
    base::Status write(const std::function<base::Status(tenancy::Transaction&)>&) override { return gone(); }
    base::Status read(const std::function<base::Status(tenancy::Transaction&)>&) override { return gone(); }

  private:
    static base::Status gone() { return base::fail(base::ErrorCode::unavailable, "there is none"); }
};

class Rows final : public tenancy::TrafficRepository {
  public:
    base::Status append(base::Timestamp second, const std::vector<tenancy::TrafficSecond>& traffic) override {
        if (answer) seconds.emplace_back(second, traffic);
        return answer;
    }
    base::Result<tenancy::TrafficSeries> query(const model::TenantScope&,
                                               const tenancy::TrafficQuery&) override {
        return tenancy::TrafficSeries{};
    }
    base::Status answer;
    std::vector<std::pair<base::Timestamp, std::vector<tenancy::TrafficSecond>>> seconds;
};

class Recorder : public ::testing::Test {
  protected:
    void collector(const std::string& name, TenantId tenant, std::uint64_t packets_per_s,
                   model::TrafficDirection direction = model::TrafficDirection::inbound) {
        model::CollectorReport report;
        report.name = name;
        report.traffic = {{tenant, prefix_, direction, {packets_per_s, packets_per_s * 800}}};
        recorder_.on_collector_report(report);
    }
    void gateway(std::uint64_t passed, std::uint64_t dropped, base::Timestamp started_at) {
        model::GatewayReport report;
        report.name = "guard-1";
        report.started_at = started_at;
        report.at = clock_.wall();
        model::TargetCounters target;
        target.tenant = TenantId(1);
        target.target = prefix_;
        target.passed = {passed, passed * 100};
        target.dropped = {dropped, dropped * 100};
        report.targets = {target};
        recorder_.on_gateway_report(report);
    }

    net::Prefix prefix_ = *net::Prefix::parse("192.0.2.0/24");
    base::ManualClock clock_;
    base::MetricRegistry metrics_;
    NoStore store_;
    tenancy::PolicyBoard board_{store_};
    Rows rows_;
    TrafficRecorder recorder_{
        {}, {rows_, board_, clock_, base::Logger(base::null_sink(), clock_, "test"), metrics_}};
};

TEST_F(Recorder, SumsCollectorsAndKeepsTenantsApart) {
    collector("a", TenantId(1), 100);
    collector("b", TenantId(1), 50);
    collector("c", TenantId(2), 7);
    ASSERT_TRUE(recorder_.step());
    const auto now = recorder_.now();
    EXPECT_EQ(now->of(TenantId(1)).inbound.packets_per_s, 150U);
    EXPECT_EQ(now->of(TenantId(2)).inbound.packets_per_s, 7U);
    EXPECT_EQ(now->of(TenantId(3)).inbound.packets_per_s, 0U);
    EXPECT_EQ(now->total.inbound.packets_per_s, 157U);
    ASSERT_EQ(rows_.seconds.size(), 1U);
    EXPECT_EQ(rows_.seconds[0].second.size(), 2U);
}

TEST_F(Recorder, ASilentCollectorIsNotCountedForEver) {
    collector("a", TenantId(1), 100, model::TrafficDirection::outbound);
    ASSERT_TRUE(recorder_.step());
    EXPECT_EQ(recorder_.now()->total.outbound.packets_per_s, 100U);
    clock_.advance(3s);
    ASSERT_TRUE(recorder_.step());
    EXPECT_EQ(recorder_.now()->total.outbound.packets_per_s, 0U);
}

TEST_F(Recorder, AGatewaysCountersBecomeRatesOfEachSecond) {
    const auto born = clock_.wall();
    gateway(0, 0, born);
    ASSERT_TRUE(recorder_.step());
    clock_.advance(1s);
    gateway(100, 900, born);
    ASSERT_TRUE(recorder_.step());
    EXPECT_EQ(recorder_.now()->of(TenantId(1)).passed.packets_per_s, 100U);
    EXPECT_EQ(recorder_.now()->of(TenantId(1)).dropped.packets_per_s, 900U);
    clock_.advance(2s);
    gateway(100, 2900, born);
    ASSERT_TRUE(recorder_.step());
    EXPECT_EQ(recorder_.now()->of(TenantId(1)).passed.packets_per_s, 0U);
    EXPECT_EQ(recorder_.now()->of(TenantId(1)).dropped.packets_per_s, 1000U);
    clock_.advance(1s);
    ASSERT_TRUE(recorder_.step());
    EXPECT_EQ(recorder_.now()->of(TenantId(1)).dropped.packets_per_s, 0U) << "nothing new was reported";
}

TEST_F(Recorder, AnOldGatewaysPastIsNotThisSeconds) {
    gateway(1'000'000, 9'000'000, clock_.wall() - 1h);  // the controller has just started
    ASSERT_TRUE(recorder_.step());
    EXPECT_EQ(recorder_.now()->total.dropped.packets_per_s, 0U);
    clock_.advance(1s);
    gateway(5, 5, clock_.wall());  // and now the gateway has
    ASSERT_TRUE(recorder_.step());
    EXPECT_EQ(recorder_.now()->total.dropped.packets_per_s, 0U);
}

TEST_F(Recorder, AStoreThatFailsCostsTheSecondOnlyAndIsTold) {
    collector("a", TenantId(1), 100);
    rows_.answer = base::fail(base::ErrorCode::io, "the disk is full");
    EXPECT_FALSE(recorder_.step());
    EXPECT_EQ(recorder_.now()->total.inbound.packets_per_s, 100U) << "what is shown live needs no disk";
    rows_.answer = base::fail(base::ErrorCode::conflict, "the second is there already");
    EXPECT_TRUE(recorder_.step()) << "a clock that was set back is no alarm";
    rows_.answer = {};
    EXPECT_TRUE(recorder_.step());
    EXPECT_EQ(rows_.seconds.size(), 1U);
}

TEST_F(Recorder, RefusesAReportWithoutBound) {
    model::CollectorReport report;
    report.name = "a";
    report.traffic.resize(200'001);
    recorder_.on_collector_report(report);
    EXPECT_NE(metrics_.prometheus_text().find("sluice_traffic_reports_refused_total 1"), std::string::npos);
}

}  // namespace
}  // namespace sluice::api::traffic
