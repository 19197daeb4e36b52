#include "api/webhooks/webhook_notifier.hpp"

#include <gtest/gtest.h>
#include <set>

#include "incident/event_repository.hpp"

namespace sluice::api::webhooks {
namespace {

using namespace std::chrono_literals;

class MemoryEvents final : public incident::EventRepository {
  public:
    base::Result<model::Event> append(const model::Event& event) override {
        auto stored = event;
        stored.sequence = ++last_;
        return stored;
    }
    base::Result<std::vector<model::Event>> append_all(std::span<const model::Event> events) override {
        std::vector<model::Event> stored;
        for (const auto& event : events) stored.push_back(append(event).value());
        return stored;
    }
    base::Result<std::vector<model::Event>> after(const model::TenantScope&, std::uint64_t,
                                                  std::size_t) override {
        return std::vector<model::Event>{};
    }
    base::Result<std::vector<model::Event>> list(const model::TenantScope&, std::optional<model::TenantId>,
                                                 std::uint64_t, std::size_t) override {
        return std::vector<model::Event>{};
    }

  private:
    std::uint64_t last_ = 0;
};

class MemoryWebhooks final : public incident::WebhookRepository {
  public:
    base::Result<incident::Webhook> create(const model::TenantScope&,
                                           const incident::Webhook& draft) override {
        const std::lock_guard lock(mutex_);
        all_.push_back(draft);
        return draft;
    }
    base::Status remove(const model::TenantScope&, model::WebhookId id) override {
        const std::lock_guard lock(mutex_);
        std::erase_if(all_, [&](const auto& webhook) { return webhook.id == id; });
        return {};
    }
    base::Result<std::vector<incident::Webhook>> list(const model::TenantScope&) override {
        const std::lock_guard lock(mutex_);
        return all_;
    }

  private:
    std::mutex mutex_;
    std::vector<incident::Webhook> all_;
};

class Receiver final : public incident::WebhookSender {
  public:
    base::Status post(const incident::WebhookRequest& request) override {
        const std::lock_guard lock(mutex_);
        got.push_back(request);
        if (refuse_next > 0) {
            --refuse_next;
            return base::fail(base::ErrorCode::unavailable, "it answered 500", request.url);
        }
        return {};
    }
    std::vector<incident::WebhookRequest> all() {
        const std::lock_guard lock(mutex_);
        return got;
    }
    std::vector<incident::WebhookRequest> got;
    int refuse_next = 0;

  private:
    std::mutex mutex_;
};

class Notifier : public ::testing::Test {
  protected:
    Notifier() { EXPECT_TRUE(notifier_.start()); }
    void webhook(std::uint64_t id, model::TenantId tenant, std::vector<std::string> kinds = {}) {
        incident::Webhook draft;
        draft.id = model::WebhookId(id);
        draft.tenant = tenant;
        draft.url = "http://hook-" + std::to_string(id);
        draft.secret = "secret";
        draft.kinds = std::move(kinds);
        EXPECT_TRUE(webhooks_.create(scope_, draft));
    }
    void publish(const std::string& kind, model::TenantId tenant) {
        model::Event event;
        event.kind = kind;
        event.tenant = tenant;
        hub_.publish(event);
    }
    std::vector<incident::WebhookRequest> wait_for(std::size_t calls) {
        for (int i = 0; i < 300 && receiver_.all().size() < calls; ++i) std::this_thread::sleep_for(10ms);
        std::this_thread::sleep_for(30ms);  // what should not come would come now
        return receiver_.all();
    }

    base::SystemClock clock_;
    base::MetricRegistry metrics_;
    base::Logger log_{base::null_sink(), clock_, "test"};
    model::TenantScope scope_ = model::TenantScope::provider();
    MemoryEvents events_;
    MemoryWebhooks webhooks_;
    Receiver receiver_;
    incident::EventHub hub_{{}, {events_, log_, metrics_}};
    system::AlarmBoard alarms_{{}, {hub_, clock_, log_, metrics_}};
    WebhookNotifier notifier_{{.pauses_ms = {20, 20}},
                              {hub_, webhooks_, receiver_, alarms_, scope_, clock_, log_, metrics_}};
};

TEST(Signature, IsHmacSha256) {
    // RFC 4231, test case 2.
    EXPECT_EQ(sign("Jefe", "what do ya want for nothing?"),
              "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST_F(Notifier, TellsEachWebhookItsOwnTenantsEventsOnly) {
    webhook(1, model::TenantId(1));
    webhook(2, model::TenantId(2));
    webhook(3, model::TenantId{});
    publish("incident.opened", model::TenantId(1));
    const auto calls = wait_for(2);
    ASSERT_EQ(calls.size(), 2U);
    std::set<std::string> urls{calls[0].url, calls[1].url};
    EXPECT_EQ(urls, (std::set<std::string>{"http://hook-1", "http://hook-3"}));
    EXPECT_EQ(calls[0].signature, sign("secret", calls[0].body));
    EXPECT_NE(calls[0].body.find("\"kind\":\"incident.opened\""), std::string::npos);
}

TEST_F(Notifier, TakesKindsByTheirFirstPart) {
    webhook(1, model::TenantId(1), {"incident", "mitigation.announced"});
    publish("incidental", model::TenantId(1));
    publish("mitigation.proposed", model::TenantId(1));
    publish("mitigation.announced", model::TenantId(1));
    publish("incident.ended", model::TenantId(1));
    EXPECT_EQ(wait_for(2).size(), 2U);
}

TEST_F(Notifier, TriesAgain) {
    webhook(1, model::TenantId(1), {"incident"});
    receiver_.refuse_next = 2;
    publish("incident.opened", model::TenantId(1));
    EXPECT_EQ(wait_for(3).size(), 3U);
    EXPECT_TRUE(alarms_.active().empty());
}

TEST_F(Notifier, GivesUpWithAnAlarmThatTheNextSuccessClears) {
    webhook(1, model::TenantId(1), {"incident"});
    receiver_.refuse_next = 3;
    publish("incident.opened", model::TenantId(1));
    EXPECT_EQ(wait_for(3).size(), 3U);
    ASSERT_EQ(alarms_.active().size(), 1U);
    EXPECT_EQ(alarms_.active()[0].code, "webhook-failing");
    publish("incident.ended", model::TenantId(1));
    EXPECT_EQ(wait_for(4).size(), 4U);
    EXPECT_TRUE(alarms_.active().empty());
}

TEST_F(Notifier, ARemovedWebhookGetsNothingMore) {
    webhook(1, model::TenantId(1));
    receiver_.refuse_next = 1;
    publish("incident.opened", model::TenantId(1));
    for (int i = 0; i < 300 && receiver_.all().empty(); ++i) std::this_thread::sleep_for(1ms);
    EXPECT_TRUE(webhooks_.remove(scope_, model::WebhookId(1)));
    std::this_thread::sleep_for(100ms);
    EXPECT_EQ(receiver_.all().size(), 1U);
}

}  // namespace
}  // namespace sluice::api::webhooks
