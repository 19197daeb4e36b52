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

void Notices::change(const model::Mitigation& mitigation, MitigationChange change, std::string text,
                     base::Timestamp at) {
    outbox_.add([this, mitigation, change, text = std::move(text), at] {
        observer_.on_mitigation(mitigation, change, text, at);
    });
}

void Notices::refusal(model::TenantId tenant, model::IncidentId incident, std::string text,
                      base::Timestamp at) {
    outbox_.add([this, tenant, incident, text = std::move(text), at] {
        observer_.on_refusal(tenant, incident, text, at);
    });
}

void Notices::alarm(const Alarm& alarm, base::Timestamp at) {
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
    outbox_.add([this, news, at] { observer_.on_alarm(news, at); });
}

void Notices::gateway(const std::string& name, bool healthy, base::Timestamp at) {
    outbox_.add([this, name, healthy, at] { observer_.on_gateway(name, healthy, at); });
}

}  // namespace sluice::mitigation
