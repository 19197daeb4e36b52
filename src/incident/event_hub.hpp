// Keeps events and hands them to those who listen: server-sent events, webhooks, the demo's timeline.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/bounded_queue.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/metrics.hpp"
#include "incident/event_repository.hpp"
#include "incident/event_sink.hpp"
#include "model/tenant_scope.hpp"

namespace sluice::incident {

// One listener's queue. It sees its scope's events only; when it is too slow its queue is closed, and it is
// to subscribe again from the last sequence that it has seen.
class EventSubscription {
  public:
    EventSubscription(model::TenantScope scope, std::size_t limit) : scope_(scope), queue_(limit) {}

    // Empty on time-out, or when closed().
    [[nodiscard]] std::optional<model::Event> pop(base::Duration patience) { return queue_.pop(patience); }
    [[nodiscard]] bool closed() const { return queue_.closed(); }
    void close() { queue_.close(); }

  private:
    friend class EventHub;
    const model::TenantScope scope_;
    base::BoundedQueue<model::Event> queue_;
};

// Thread-safe.
class EventHub final : public EventSink {
  public:
    struct Config {
        std::size_t max_subscribers = 256;
        std::size_t queue_limit = 1024;
    };
    struct Dependencies {
        EventRepository& repository;
        base::Logger log;
        base::MetricRegistry& metrics;
    };

    EventHub(Config config, Dependencies dependencies);

    // Stored first. When the store fails it is handed on without a sequence (0), and counted.
    void publish(model::Event event) override { publish_all({std::move(event)}); }
    void publish_all(std::vector<model::Event> events) override;

    // From now on, preceded by the stored events after `after` (none when empty). exhausted: too many.
    [[nodiscard]] base::Result<std::shared_ptr<EventSubscription>> subscribe(
        const model::TenantScope& scope, std::optional<std::uint64_t> after);
    // Closes every subscription: their readers end.
    void stop();

  private:
    void hand_on(const model::Event& event);  // with mutex_ held

    const Config config_;
    Dependencies dependencies_;
    base::Counter& published_;
    base::Counter& store_failures_;
    base::Counter& cut_off_;
    std::mutex mutex_;
    std::vector<std::shared_ptr<EventSubscription>> subscribers_;
};

}  // namespace sluice::incident
