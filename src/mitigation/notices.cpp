#include "mitigation/notices.hpp"

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
        case MitigationChange::guard_changed:
            return "guard-changed";
    }
    return "withdrawn";
}

Notices::Turn& Notices::open_turn() {
    if (outbox_.empty() || outbox_.back().message) outbox_.emplace_back();
    return outbox_.back();
}

void Notices::post(std::function<void()> message) {
    const std::lock_guard lock(outbox_mutex_);
    open_turn().message = std::move(message);
}

void Notices::change(const model::Mitigation& mitigation, MitigationChange change, std::string text,
                     base::Timestamp at) {
    const std::lock_guard lock(outbox_mutex_);
    open_turn().news.push_back({mitigation, change, std::move(text), at});
}

void Notices::audit(AutomaticAction action) {
    const std::lock_guard lock(outbox_mutex_);
    open_turn().actions.push_back(std::move(action));
}

void Notices::refusal(model::TenantId tenant, model::IncidentId incident, std::string text,
                      base::Timestamp at) {
    post([this, tenant, incident, text = std::move(text), at] {
        observer_.on_refusal(tenant, incident, text, at);
    });
}

void Notices::alarm(const Alarm& alarm, base::Timestamp at) {
    const std::lock_guard lock(raised_mutex_);
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
    post([this, news, at] { observer_.on_alarm(news, at); });
}

void Notices::gateway(const std::string& name, bool healthy, base::Timestamp at) {
    post([this, name, healthy, at] { observer_.on_gateway(name, healthy, at); });
}

void Notices::deliver() {
    std::unique_lock lock(outbox_mutex_);
    if (delivering_) return;
    delivering_ = true;
    while (!outbox_.empty()) {
        const auto turns = std::exchange(outbox_, {});
        lock.unlock();
        for (const auto& turn : turns) tell(turn);
        lock.lock();
    }
    delivering_ = false;
}

void Notices::tell(const Turn& turn) {
    if (!turn.news.empty()) observer_.on_mitigations(turn.news);
    if (!turn.actions.empty()) audit_(turn.actions);
    if (turn.message) turn.message();
}

}  // namespace sluice::mitigation
