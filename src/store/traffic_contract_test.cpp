// What every store must do for traffic over time. Each store stands in the list at the end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>

#include "store/testdata/scratch_store.hpp"
#include "tenancy/traffic_repository.hpp"

namespace sluice::store {
namespace {

using base::ErrorCode;
using model::TenantId;
using model::TenantScope;
using tenancy::TrafficQuery;
using tenancy::TrafficSecond;
using tenancy::TrafficSeries;

class Store {
  public:
    virtual ~Store() = default;
    virtual tenancy::TrafficRepository& traffic() = 0;
    virtual void reopen() = 0;
};

class Sqlite final : public Store {
  public:
    tenancy::TrafficRepository& traffic() override { return store_->traffic(); }
    void reopen() override { store_.reopen(); }

  private:
    testdata::ScratchStore store_;
};

struct Kind {
    const char* name;
    std::function<std::unique_ptr<Store>()> make;
};

constexpr std::int64_t start = 1'800'000'000;  // a multiple of 300

base::Timestamp at(std::int64_t seconds) {
    return base::Timestamp{std::chrono::seconds{start + seconds}};
}
net::Prefix prefix(std::string_view text) {
    return net::Prefix::parse(text).value();
}
TrafficSecond second(std::uint64_t tenant, std::string_view of, std::uint64_t packets) {
    TrafficSecond one{TenantId(tenant), prefix(of), {}};
    one.columns.inbound = {packets, packets * 800};
    one.columns.outbound = {packets / 2, packets * 400};
    one.columns.passed = {packets / 4, packets * 200};
    one.columns.dropped = {packets / 8, packets * 100};
    return one;
}

class TrafficContract : public testing::TestWithParam<Kind> {
  protected:
    TrafficSeries query(const TrafficQuery& wanted, const TenantScope& scope = TenantScope::provider()) {
        auto series = store_->traffic().query(scope, wanted);
        EXPECT_TRUE(series) << series.error().message();
        return series ? *series : TrafficSeries{};
    }
    void append(std::int64_t seconds, const std::vector<TrafficSecond>& traffic) {
        const auto status = store_->traffic().append(at(seconds), traffic);
        ASSERT_TRUE(status) << status.error().message();
    }
    static std::vector<std::uint64_t> packets(const TrafficSeries& series) {
        std::vector<std::uint64_t> values;
        for (const auto& point : series.points) values.push_back(point.columns.inbound.packets_per_s);
        return values;
    }
    const std::unique_ptr<Store> store_ = GetParam().make();
};

TEST_P(TrafficContract, SecondsComeBackPerPrefixTenantAndAll) {
    append(0,
           {second(1, "192.0.2.0/24", 80), second(1, "198.51.100.0/24", 8), second(2, "2001:db8::/32", 800)});
    append(1, {});
    append(3, {second(1, "192.0.2.0/24", 16)});
    store_->reopen();
    const auto all = query({.tenant = {}, .prefix = {}, .from = at(0), .to = at(10)});
    EXPECT_EQ(all.resolution_s, 1U);
    EXPECT_THAT(packets(all), testing::ElementsAre(888, 0, 16)) << "second 2 was not reported";
    EXPECT_EQ(all.points[2].at, start + 3);
    EXPECT_EQ(all.points[0].columns.dropped.bits_per_s, 88'800U);
    EXPECT_THAT(packets(query({.tenant = TenantId(1), .prefix = {}, .from = at(0), .to = at(10)})),
                testing::ElementsAre(88, 0, 16));
    EXPECT_THAT(packets(query(
                    {.tenant = TenantId(1), .prefix = prefix("192.0.2.0/24"), .from = at(0), .to = at(10)})),
                testing::ElementsAre(80, 0, 16));
    EXPECT_THAT(packets(query({.tenant = TenantId(1), .prefix = {}, .from = at(1), .to = at(3)})),
                testing::ElementsAre(0))
        << "the end is not in it";
}

TEST_P(TrafficContract, NobodySeesAnotherTenantsTraffic) {
    append(0, {second(1, "192.0.2.0/24", 80), second(2, "198.51.100.0/24", 8)});
    const auto bolt = TenantScope::of(TenantId(2));
    EXPECT_THAT(packets(query({.tenant = {}, .prefix = {}, .from = at(0), .to = at(10)}, bolt)),
                testing::ElementsAre(8))
        << "the sum of his own";
    const auto theirs =
        store_->traffic().query(bolt, {.tenant = TenantId(1), .prefix = {}, .from = at(0), .to = at(10)});
    ASSERT_FALSE(theirs);
    EXPECT_EQ(theirs.error().code, ErrorCode::not_found);
    EXPECT_THAT(
        packets(query({.tenant = {}, .prefix = prefix("192.0.2.0/24"), .from = at(0), .to = at(10)}, bolt)),
        testing::ElementsAre(0))
        << "a prefix of his own that there is not";
    EXPECT_FALSE(store_->traffic().query(TenantScope::of({}),
                                         {.tenant = {}, .prefix = {}, .from = at(0), .to = at(10)}));
}

TEST_P(TrafficContract, ASecondIsWrittenOnce) {
    append(5, {second(1, "192.0.2.0/24", 80)});
    for (const std::int64_t again : {5, 4}) {
        const auto twice = store_->traffic().append(at(again), {second(1, "192.0.2.0/24", 80)});
        ASSERT_FALSE(twice);
        EXPECT_EQ(twice.error().code, ErrorCode::conflict);
    }
    store_->reopen();
    EXPECT_FALSE(store_->traffic().append(at(5), {second(1, "192.0.2.0/24", 80)})) << "also after a restart";
    EXPECT_THAT(packets(query({.tenant = TenantId(1), .prefix = {}, .from = at(0), .to = at(10)})),
                testing::ElementsAre(80));
    append(-3600, {second(1, "192.0.2.0/24", 7)});
    append(-3599, {second(1, "192.0.2.0/24", 9)});
    EXPECT_THAT(packets(query({.tenant = TenantId(1), .prefix = {}, .from = at(-3600), .to = at(-3590)})),
                testing::ElementsAre(7, 9))
        << "a clock that was set back begins anew";
}

TEST_P(TrafficContract, CoarserPointsAreMeans) {
    for (int i = 0; i < 40; ++i) append(i, {second(1, "192.0.2.0/24", i < 20 ? 100 : 300)});
    const auto tens =
        query({.tenant = TenantId(1), .prefix = {}, .from = at(0), .to = at(40), .resolution_s = 10});
    EXPECT_EQ(tens.resolution_s, 10U);
    EXPECT_THAT(packets(tens), testing::ElementsAre(100, 100, 300, 300));
    const auto twenty =
        query({.tenant = TenantId(1), .prefix = {}, .from = at(0), .to = at(40), .resolution_s = 15});
    EXPECT_EQ(twenty.resolution_s, 20U) << "a multiple of what is kept";
    EXPECT_THAT(packets(twenty), testing::ElementsAre(100, 300));
    EXPECT_EQ(query({.tenant = TenantId(1),
                     .prefix = {},
                     .from = at(0),
                     .to = at(40),
                     .resolution_s = 1,
                     .max_points = 4})
                  .points.size(),
              4U);
    EXPECT_THAT(packets(query(
                    {.tenant = TenantId(1), .prefix = {}, .from = at(0), .to = at(40), .resolution_s = 300})),
                testing::ElementsAre(200));
}

TEST_P(TrafficContract, TheRingForgetsAndCoarserOnesRemember) {
    append(0, {second(1, "192.0.2.0/24", 100)});
    append(1, {second(1, "192.0.2.0/24", 100)});
    append(600, {second(1, "192.0.2.0/24", 7)});  // the slot of second 0
    const auto old = query({.tenant = TenantId(1), .prefix = {}, .from = at(0), .to = at(601)});
    EXPECT_EQ(old.resolution_s, 10U) << "ten minutes ago there are no seconds any more";
    EXPECT_THAT(packets(old), testing::ElementsAre(100, 7));
    append(86'400 * 2, {second(1, "192.0.2.0/24", 9)});
    EXPECT_EQ(query({.tenant = TenantId(1), .prefix = {}, .from = at(0), .to = at(601)}).resolution_s, 300U);
    append(86'400 * 120, {second(1, "192.0.2.0/24", 11)});
    EXPECT_TRUE(query({.tenant = TenantId(1), .prefix = {}, .from = at(0), .to = at(86'400)}).points.empty())
        << "older than what is kept";
    EXPECT_THAT(packets(query({.tenant = TenantId(1), .prefix = {}, .from = at(0), .to = at(86'400 * 200)})),
                testing::ElementsAre(11))
        << "what the ring wrote over is gone; a stale slot does not come back";
}

TEST_P(TrafficContract, AbsurdQuestionsAreAnsweredQuickly) {
    append(0, {second(1, "192.0.2.0/24", 100)});
    EXPECT_FALSE(store_->traffic().query(TenantScope::provider(),
                                         {.tenant = {}, .prefix = {}, .from = at(10), .to = at(0)}));
    EXPECT_FALSE(store_->traffic().query(
        TenantScope::provider(),
        {.tenant = {}, .prefix = prefix("192.0.2.0/24"), .from = at(0), .to = at(1)}));
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_EQ(query({.tenant = {},
                     .prefix = {},
                     .from = base::Timestamp::min(),
                     .to = base::Timestamp::max(),
                     .resolution_s = 1})
                  .points.size(),
              1U);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds{5});
}

INSTANTIATE_TEST_SUITE_P(Stores, TrafficContract,
                         testing::Values(Kind{"sqlite", [] { return std::make_unique<Sqlite>(); }}),
                         [](const auto& kind) { return kind.param.name; });

}  // namespace
}  // namespace sluice::store
