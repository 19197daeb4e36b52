#include "incident/event_hub.hpp"

#include <gtest/gtest.h>

#include "incident/testing/memory_repositories.hpp"

namespace sluice::incident {
namespace {

using model::TenantId;
using model::TenantScope;

class EventHubTest : public ::testing::Test {
  protected:
    static model::Event event(const char* kind, TenantId tenant = TenantId(1)) {
        return {.kind = kind, .tenant = tenant};
    }
    static std::vector<std::string> drain(EventSubscription& subscription) {
        std::vector<std::string> kinds;
        while (auto next = subscription.pop(base::Duration{0})) kinds.push_back(next->kind);
        return kinds;
    }

    base::ManualClock clock_;
    base::MetricRegistry metrics_;
    testing::MemoryEvents repository_;
    EventHub hub_{{.max_subscribers = 2, .queue_limit = 3},
                  {.repository = repository_,
                   .log = base::Logger(base::null_sink(), clock_, "events"),
                   .metrics = metrics_}};
};

TEST_F(EventHubTest, EveryoneSeesHisOwnScope) {
    const auto provider = hub_.subscribe(TenantScope::provider(), {}).value();
    const auto acme = hub_.subscribe(TenantScope::of(TenantId(1)), {}).value();
    hub_.publish(event("a"));
    hub_.publish(event("b", TenantId(2)));
    hub_.publish(event("c", TenantId{}));
    EXPECT_EQ(drain(*provider), (std::vector<std::string>{"a", "b", "c"}));
    EXPECT_EQ(drain(*acme), (std::vector<std::string>{"a"}));
}

TEST_F(EventHubTest, AListenerCatchesUpFromWhereItWas) {
    for (const char* kind : {"a", "b", "c", "d", "e"}) hub_.publish(event(kind));
    const auto first = hub_.subscribe(TenantScope::provider(), 0).value();
    EXPECT_EQ(drain(*first), (std::vector<std::string>{"a", "b", "c"}));
    EXPECT_TRUE(first->closed()) << "more is stored than fits: it comes back for the rest";
    const auto rest = hub_.subscribe(TenantScope::provider(), 3).value();
    EXPECT_EQ(drain(*rest), (std::vector<std::string>{"d", "e"}));
    EXPECT_FALSE(rest->closed());
}

TEST_F(EventHubTest, ASlowListenerIsCutOffAndTooManyAreRefused) {
    const auto slow = hub_.subscribe(TenantScope::provider(), {}).value();
    const auto other = hub_.subscribe(TenantScope::provider(), {}).value();
    const auto third = hub_.subscribe(TenantScope::provider(), {});
    ASSERT_FALSE(third.has_value());
    EXPECT_EQ(third.error().code, base::ErrorCode::exhausted);
    for (const char* kind : {"a", "b", "c", "d"}) {
        hub_.publish(event(kind));
        drain(*other);
    }
    EXPECT_TRUE(slow->closed());
    EXPECT_FALSE(other->closed());
    EXPECT_TRUE(hub_.subscribe(TenantScope::provider(), {}).has_value()) << "its place is free again";
}

TEST_F(EventHubTest, AFailingStoreDoesNotKeepPeopleInTheDark) {
    const auto listener = hub_.subscribe(TenantScope::provider(), {}).value();
    repository_.failing = true;
    hub_.publish(event("a"));
    EXPECT_EQ(drain(*listener), (std::vector<std::string>{"a"}));
    EXPECT_NE(metrics_.prometheus_text().find("sluice_event_store_failures_total 1"), std::string::npos);
}

}  // namespace
}  // namespace sluice::incident
