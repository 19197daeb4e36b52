// Tells webhooks of events: signed, tried again with growing pauses, and given up with an alarm.
//
// Of the events while this process runs, each is delivered at least once or the alarm "webhook-failing" is
// raised; what happened while the controller was down is in GET /api/v1/events.
#pragma once

#include <array>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "api/system/alarm_board.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/metrics.hpp"
#include "base/result.hpp"
#include "incident/event_hub.hpp"
#include "incident/webhook.hpp"
#include "model/tenant_scope.hpp"

namespace sluice::api::webhooks {

// "sha256=" and the hex digits of HMAC-SHA-256.
[[nodiscard]] std::string sign(const std::string& secret, const std::string& body);

class WebhookNotifier {
  public:
    struct Config {
        std::vector<std::uint32_t> pauses_ms = {2000, 10'000, 30'000, 60'000,
                                                180'000};  // before each further try
        std::size_t workers = 2;
        std::size_t max_waiting = 10'000;
        std::size_t max_waiting_each = 1000;
    };
    struct Dependencies {
        incident::EventHub& events;
        incident::WebhookRepository& repository;
        incident::WebhookSender& sender;
        system::AlarmBoard& alarms;
        model::TenantScope scope;  // whose events: the provider's
        const base::Clock& clock;
        base::Logger log;
        base::MetricRegistry& metrics;
    };

    WebhookNotifier(Config config, Dependencies dependencies);
    ~WebhookNotifier();  // stops

    [[nodiscard]] base::Status start();
    // What waits is dropped; a call that is being made is waited for.
    void stop();

  private:
    struct Delivery {
        incident::Webhook webhook;
        std::string body;
        std::size_t tries = 0;
    };

    void listen();
    void take(const model::Event& event);
    void work();
    void deliver(Delivery delivery);
    [[nodiscard]] bool still_there(model::WebhookId id) const;
    void put(Delivery delivery, base::Duration pause);

    const Config config_;
    Dependencies dependencies_;
    base::Counter& delivered_;
    base::Counter& failed_;
    base::Counter& dropped_;
    std::shared_ptr<incident::EventSubscription> subscription_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::multimap<base::Instant, Delivery> waiting_;  // by when they are due
    std::map<model::WebhookId, std::size_t> waiting_each_;
    bool stopping_ = false;
    std::thread listener_;
    std::vector<std::thread> workers_;
};

}  // namespace sluice::api::webhooks
