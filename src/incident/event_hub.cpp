#include "incident/event_hub.hpp"

#include <algorithm>

namespace sluice::incident {

EventHub::EventHub(Config config, Dependencies dependencies)
    : config_(config),
      dependencies_(std::move(dependencies)),
      published_(dependencies_.metrics.counter("sluice_events_total", "Events published.")),
      store_failures_(dependencies_.metrics.counter(
          "sluice_event_store_failures_total",
          "Events that the store refused; they were handed on without a number.")),
      cut_off_(dependencies_.metrics.counter("sluice_event_subscribers_cut_off_total",
                                             "Listeners that were too slow and have to subscribe again.")) {}

// One lock over storing and handing on, so that every listener sees the sequence grow.
void EventHub::publish_all(std::vector<model::Event> events) {
    const std::lock_guard lock(mutex_);
    published_.add(events.size());
    auto stored = dependencies_.repository.append_all(events);
    if (stored) {
        events = std::move(*stored);
    } else {
        store_failures_.add(events.size());
        for (auto& event : events) {
            event.sequence = 0;
            dependencies_.log.error("an event cannot be stored",
                                    {{"kind", event.kind}, {"error", stored.error().message()}});
        }
    }
    for (const auto& event : events) hand_on(event);
}

void EventHub::hand_on(const model::Event& event) {
    std::erase_if(subscribers_, [&](const std::shared_ptr<EventSubscription>& subscriber) {
        // Nobody holds it but us, or its reader has closed it.
        if (subscriber.use_count() == 1 || subscriber->queue_.closed()) return true;
        const bool sees = subscriber->scope_.is_provider() || subscriber->scope_.allows(event.tenant);
        if (!sees || subscriber->queue_.push(event)) return false;
        subscriber->queue_.close();
        cut_off_.add();
        return true;
    });
}

base::Result<std::shared_ptr<EventSubscription>> EventHub::subscribe(const model::TenantScope& scope,
                                                                     std::optional<std::uint64_t> after) {
    const std::lock_guard lock(mutex_);
    std::erase_if(subscribers_, [](const auto& subscriber) {
        return subscriber.use_count() == 1 || subscriber->queue_.closed();
    });
    if (subscribers_.size() >= config_.max_subscribers) {
        return base::fail(base::ErrorCode::exhausted, "too many listeners follow the events", {},
                          "close one, or try again in a minute");
    }
    auto subscriber = std::make_shared<EventSubscription>(scope, config_.queue_limit);
    if (after) {
        const auto missed = dependencies_.repository.after(scope, *after, config_.queue_limit);
        if (!missed) return std::unexpected(missed.error());
        bool kept_all = true;
        for (const auto& event : *missed) kept_all = subscriber->queue_.push(event) && kept_all;
        // More may be stored than fits: the reader takes these, finds the queue closed, and comes back for
        // the rest.
        if (!kept_all || missed->size() == config_.queue_limit) {
            subscriber->queue_.close();
            return subscriber;
        }
    }
    subscribers_.push_back(subscriber);
    return subscriber;
}

void EventHub::stop() {
    const std::lock_guard lock(mutex_);
    for (const auto& subscriber : subscribers_) subscriber->queue_.close();
    subscribers_.clear();
}

}  // namespace sluice::incident
