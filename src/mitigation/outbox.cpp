#include "mitigation/outbox.hpp"

#include <utility>

namespace sluice::mitigation {

std::string_view to_string(MitigationChange change) {
    switch (change) {
        case MitigationChange::proposed:
            return "proposed";
        case MitigationChange::activated:
            return "activated";
        case MitigationChange::announced:
            return "announced";
        case MitigationChange::lost:
            return "lost";
        case MitigationChange::cleaning:
            return "cleaning";
        case MitigationChange::cooling:
            return "cooling";
        case MitigationChange::resumed:
            return "resumed";
        case MitigationChange::extended:
            return "extended";
        case MitigationChange::withdrawn:
            return "withdrawn";
    }
    return "withdrawn";
}

void Outbox::post(std::function<void(MitigationObserver&)> message) {
    const std::lock_guard lock(mutex_);
    messages_.push_back(std::move(message));
}

void Outbox::change(const model::Mitigation& mitigation, MitigationChange change, std::string text,
                    base::Timestamp at) {
    post([mitigation, change, text = std::move(text), at](MitigationObserver& observer) {
        observer.on_mitigation(mitigation, change, text, at);
    });
}

void Outbox::refusal(model::TenantId tenant, model::IncidentId incident, std::string text,
                     base::Timestamp at) {
    post([tenant, incident, text = std::move(text), at](MitigationObserver& observer) {
        observer.on_refusal(tenant, incident, text, at);
    });
}

void Outbox::alarm(const Alarm& alarm, base::Timestamp at) {
    const std::lock_guard lock(mutex_);
    const std::string key = alarm.code + " " + alarm.subject;
    const auto it = raised_.find(key);
    if (alarm.raised == (it != raised_.end())) return;
    Alarm news = alarm;
    if (alarm.raised) {
        raised_[key] = alarm;
    } else {
        if (news.sentence.empty()) news.sentence = it->second.sentence;
        raised_.erase(it);
    }
    messages_.push_back([news, at](MitigationObserver& observer) { observer.on_alarm(news, at); });
}

void Outbox::gateway(const std::string& name, bool healthy, base::Timestamp at) {
    post([name, healthy, at](MitigationObserver& observer) { observer.on_gateway(name, healthy, at); });
}

void Outbox::then(std::function<void()> work) {
    post([work = std::move(work)](MitigationObserver& /*observer*/) { work(); });
}

void Outbox::drain() {
    std::unique_lock lock(mutex_);
    if (draining_) return;
    draining_ = true;
    while (!messages_.empty()) {
        auto message = std::move(messages_.front());
        messages_.pop_front();
        lock.unlock();
        message(observer_);
        lock.lock();
    }
    draining_ = false;
}

}  // namespace sluice::mitigation
