#include "api/system/alarm_board.hpp"

#include <algorithm>

#include "incident/event_sink.hpp"

namespace sluice::api::system {
namespace {

model::Event event_of(const Alarm& alarm, std::string kind, base::Timestamp at) {
    model::Event event;
    event.at = at;
    event.kind = std::move(kind);
    event.text = alarm.cleared_at ? "Over: " + alarm.sentence : alarm.sentence + " " + alarm.what_to_do;
    return event;
}

}  // namespace

AlarmBoard::AlarmBoard(Config config, Dependencies dependencies)
    : config_(config),
      dependencies_(std::move(dependencies)),
      active_gauge_(dependencies_.metrics.gauge("sluice_alarms_active", "Alarms that are not cleared")) {}

void AlarmBoard::raise(Alarm alarm) {
    alarm.raised_at = dependencies_.clock.wall();
    {
        const std::lock_guard lock(mutex_);
        const auto key = std::pair(alarm.code, alarm.subject);
        if (const auto found = active_.find(key); found != active_.end()) {
            found->second.sentence = alarm.sentence;
            found->second.what_to_do = alarm.what_to_do;
            return;
        }
        if (active_.size() >= config_.max_active) return;
        active_.emplace(key, alarm);
        active_gauge_.set(static_cast<double>(active_.size()));
    }
    dependencies_.log.error("alarm: " + alarm.sentence, {{"code", alarm.code}, {"do", alarm.what_to_do}});
    dependencies_.events.publish(event_of(alarm, "alarm.raised", alarm.raised_at));
}

void AlarmBoard::clear(const std::string& code, const std::string& subject) {
    Alarm alarm;
    {
        const std::lock_guard lock(mutex_);
        const auto found = active_.find(std::pair(code, subject));
        if (found == active_.end()) return;
        alarm = std::move(found->second);
        active_.erase(found);
        active_gauge_.set(static_cast<double>(active_.size()));
        alarm.cleared_at = dependencies_.clock.wall();
        const auto oldest = *alarm.cleared_at - config_.keep_cleared;
        std::erase_if(cleared_, [&](const Alarm& old) { return *old.cleared_at < oldest; });
        if (cleared_.size() >= config_.max_cleared) cleared_.erase(cleared_.begin());
        cleared_.push_back(alarm);
    }
    dependencies_.log.info("alarm cleared: " + alarm.sentence, {{"code", code}});
    dependencies_.events.publish(event_of(alarm, "alarm.cleared", *alarm.cleared_at));
}

void AlarmBoard::set(bool wrong, Alarm alarm) {
    if (wrong)
        raise(std::move(alarm));
    else
        clear(alarm.code, alarm.subject);
}

std::vector<Alarm> AlarmBoard::active() const {
    std::vector<Alarm> list;
    {
        const std::lock_guard lock(mutex_);
        for (const auto& [key, alarm] : active_) list.push_back(alarm);
    }
    std::ranges::stable_sort(list, std::ranges::greater{}, &Alarm::raised_at);
    return list;
}

std::vector<Alarm> AlarmBoard::all() const {
    auto list = active();
    const std::lock_guard lock(mutex_);
    const auto oldest = dependencies_.clock.wall() - config_.keep_cleared;
    for (auto it = cleared_.rbegin(); it != cleared_.rend(); ++it) {
        if (*it->cleared_at >= oldest) list.push_back(*it);
    }
    return list;
}

}  // namespace sluice::api::system
