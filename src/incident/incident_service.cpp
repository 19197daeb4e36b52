#include "incident/incident_service.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <set>

#include "base/outbox.hpp"
#include "incident/attack_record.hpp"

namespace sluice::incident {

using base::ErrorCode;
using model::Incident;
using model::IncidentState;
using model::TenantScope;

base::Status validate(const ServiceConfig& config) {
    const auto refuse = [](std::string_view field, std::string_view what) {
        return base::fail(ErrorCode::invalid_argument, std::string(what), std::string(field), "raise it");
    };
    if (config.stale_after_ms < 1000)
        return refuse("stale_after_ms", "a detector needs at least a second between updates");
    if (config.max_open_per_tenant == 0) return refuse("max_open_per_tenant", "no incident could be opened");
    if (config.max_findings == 0) return refuse("max_findings", "an incident has at least one finding");
    if (config.max_timeline < 16) return refuse("max_timeline", "a timeline needs at least 16 entries");
    return {};
}

class IncidentService::Impl {
  public:
    Impl(ServiceConfig config, Dependencies dependencies)
        : config_(config),
          dependencies_(std::move(dependencies)),
          opened_(dependencies_.metrics.counter("sluice_incidents_opened_total", "Incidents opened.")),
          refused_(dependencies_.metrics.counter(
              "sluice_incidents_refused_total",
              "Findings that opened no incident: too many are open for the tenant.")),
          not_stored_(dependencies_.metrics.counter(
              "sluice_incident_store_failures_total",
              "Changes of incidents that the store refused; they are tried again.")) {}

    base::Status start();
    void stop();
    void on_findings(std::span<const model::Finding> findings);
    void note_all(std::span<const Note> notes);
    void tick();
    base::Status note(model::IncidentId id, model::IncidentEntry entry, bool keep);
    base::Result<Incident> find(const TenantScope& scope, model::IncidentId id);
    base::Result<std::vector<Incident>> list(const TenantScope& scope, const IncidentQuery& query);

  private:
    [[nodiscard]] AttackLimits limits() const { return {config_.max_findings, config_.max_timeline}; }
    [[nodiscard]] bool is_due(const AttackRecord& record) const {
        const base::Duration interval = std::chrono::milliseconds{config_.persist_interval_ms};
        return record.dirty() && dependencies_.clock.now() - record.stored_at() >= interval;
    }
    [[nodiscard]] AttackRecord* record_for(const model::Finding& finding);
    [[nodiscard]] std::size_t open_incidents(model::TenantId tenant) const;
    void begin(const model::Finding& finding, std::vector<AttackRecord>& begun);
    void open(std::vector<AttackRecord> begun);
    // True when it is still to be told, with others.
    [[nodiscard]] bool update(AttackRecord& record, const model::Finding& finding);
    void end_when_over(AttackRecord& record, const std::string& why);
    void end_stale(AttackRecord& record);
    base::Status persist(AttackRecord& record, const Incident& before);
    // What cannot be stored stays as it is here, and is tried again.
    void persist_all(const std::vector<AttackRecord*>& records);
    void tell(const Incident& incident, std::string_view event_kind, std::string text);
    void close_ended();

    const ServiceConfig config_;
    const Dependencies dependencies_;
    base::Counter& opened_;
    base::Counter& refused_;
    base::Counter& not_stored_;
    mutable std::mutex mutex_;
    std::map<model::IncidentId, AttackRecord> live_;  // everything that is not closed
    base::Outbox outbox_;
};

base::Status IncidentService::Impl::start() {
    IncidentQuery query{.tenant = {}, .not_closed_only = true, .before = {}, .limit = 500};
    for (;;) {
        const auto page = dependencies_.repository.list(TenantScope::provider(), query);
        if (!page) return std::unexpected(page.error());
        const std::lock_guard lock(mutex_);
        for (const auto& incident : *page) {
            live_.emplace(incident.id, AttackRecord(incident, dependencies_.clock.now()));
            outbox_.add([this, incident] { dependencies_.response.on_incident(incident); });
        }
        if (page->size() < query.limit) break;
        query.before = page->back().id;
    }
    outbox_.deliver();
    return {};
}

void IncidentService::Impl::stop() {
    const std::lock_guard lock(mutex_);
    for (auto& [id, record] : live_) {
        if (record.dirty()) (void)persist(record, record.incident());
    }
}

AttackRecord* IncidentService::Impl::record_for(const model::Finding& finding) {
    for (auto& [id, record] : live_) {
        if (record.has_finding(finding.key)) return &record;
    }
    AttackRecord* best = nullptr;
    for (auto& [id, record] : live_) {
        if (!record.belongs(finding)) continue;
        // The one whose target is nearest to the finding's; of equals the newest.
        if (best == nullptr || record.incident().target.bits() >= best->incident().target.bits())
            best = &record;
    }
    return best;
}

std::size_t IncidentService::Impl::open_incidents(model::TenantId tenant) const {
    return static_cast<std::size_t>(std::count_if(live_.begin(), live_.end(), [&](const auto& entry) {
        return entry.second.incident().tenant == tenant &&
               entry.second.incident().state == IncidentState::open;
    }));
}

void IncidentService::Impl::on_findings(std::span<const model::Finding> findings) {
    {
        const std::lock_guard lock(mutex_);
        std::vector<AttackRecord> begun;
        std::set<model::IncidentId> moved;
        for (const auto& finding : findings) {
            if (AttackRecord* record = record_for(finding)) {
                if (update(*record, finding)) moved.insert(record->incident().id);
            } else {
                begin(finding, begun);
            }
        }
        open(std::move(begun));
        std::vector<AttackRecord*> due;
        std::vector<Incident> told;
        for (const auto id : moved) {
            const auto found = live_.find(id);
            if (found == live_.end()) continue;
            told.push_back(found->second.incident());
            if (is_due(found->second)) due.push_back(&found->second);
        }
        persist_all(due);
        if (!told.empty())
            outbox_.add([this, told = std::move(told)] { dependencies_.response.on_incidents(told); });
    }
    outbox_.deliver();
}

// `begun`: incidents that are not stored yet. One attack may have several findings among those of one moment.
void IncidentService::Impl::begin(const model::Finding& finding, std::vector<AttackRecord>& begun) {
    const auto same = std::ranges::find_if(begun, [&](const AttackRecord& record) {
        return record.has_finding(finding.key) || record.belongs(finding);
    });
    if (same != begun.end()) {
        (void)same->take(finding, dependencies_.clock.now(), limits());
        return;
    }
    if (finding.state == model::FindingState::closed) return;
    const auto of_tenant = std::ranges::count_if(
        begun, [&](const AttackRecord& record) { return record.incident().tenant == finding.tenant; });
    if (open_incidents(finding.tenant) + static_cast<std::size_t>(of_tenant) >= config_.max_open_per_tenant) {
        refused_.add();
        return;
    }
    begun.push_back(AttackRecord::opened(finding, dependencies_.clock.now(), limits()));
}

void IncidentService::Impl::open(std::vector<AttackRecord> begun) {
    if (begun.empty()) return;
    std::vector<Incident> drafts;
    for (const auto& record : begun) drafts.push_back(record.incident());
    const auto stored = dependencies_.repository.create_all(TenantScope::provider(), drafts);
    if (!stored) {
        not_stored_.add(begun.size());
        dependencies_.log.error(
            "incidents cannot be stored; the next reports of their findings try again",
            {{"incidents", std::to_string(begun.size())}, {"error", stored.error().message()}});
        return;
    }
    opened_.add(begun.size());
    std::vector<model::Event> events;
    for (const auto& incident : *stored) {
        events.push_back({.at = dependencies_.clock.wall(),
                          .kind = "incident.opened",
                          .tenant = incident.tenant,
                          .incident = incident.id,
                          .text = incident.title});
    }
    outbox_.add([this, opened = *stored, events = std::move(events)] {
        dependencies_.events.publish_all(events);
        dependencies_.response.on_incidents(opened);
    });
    for (std::size_t i = 0; i < begun.size(); ++i) {
        begun[i].stored((*stored)[i], dependencies_.clock.now());
        const auto [entry, is_new] = live_.emplace((*stored)[i].id, std::move(begun[i]));
        if (is_new) end_when_over(entry->second, "the traffic is back below its thresholds");
    }
}

bool IncidentService::Impl::update(AttackRecord& record, const model::Finding& finding) {
    const Incident before = record.incident();
    const AttackChange change = record.take(finding, dependencies_.clock.now(), limits());
    if (change != AttackChange::rates && !persist(record, before)) return false;
    switch (change) {
        case AttackChange::rates:
            break;
        case AttackChange::evidence:
            tell(record.incident(), "incident.updated", record.incident().title);
            break;
        case AttackChange::resumed:
            tell(record.incident(), "incident.reopened", fmt::format("{} is back", record.incident().title));
            break;
    }
    end_when_over(record, "the traffic is back below its thresholds");
    return change == AttackChange::rates;
}

void IncidentService::Impl::end_when_over(AttackRecord& record, const std::string& why) {
    if (!record.is_over()) return;
    const Incident before = record.incident();
    record.end(fmt::format("The attack has ended: {}.", why), dependencies_.clock.wall(), limits());
    if (!persist(record, before)) return;
    tell(record.incident(), "incident.ended", fmt::format("{} has ended", record.incident().title));
}

void IncidentService::Impl::end_stale(AttackRecord& record) {
    const base::Duration patience = std::chrono::milliseconds{config_.stale_after_ms};
    if (!record.close_silent_findings(dependencies_.clock.now() - patience)) return;
    end_when_over(record,
                  fmt::format("its detector has been silent for {} s", config_.stale_after_ms / 1000));
}

// On failure the record is what it was before, so that the next report of the finding makes the same change
// again.
base::Status IncidentService::Impl::persist(AttackRecord& record, const Incident& before) {
    auto stored =
        dependencies_.repository.update(TenantScope::of(record.incident().tenant), record.incident());
    if (stored) {
        record.stored(*stored, dependencies_.clock.now());
        return {};
    }
    not_stored_.add();
    dependencies_.log.error("a change of an incident cannot be stored; it is tried again",
                            {{"incident", before.id.to_string()}, {"error", stored.error().message()}});
    record.restore(before);
    return std::unexpected(stored.error());
}

void IncidentService::Impl::persist_all(const std::vector<AttackRecord*>& records) {
    if (records.empty()) return;
    std::vector<Incident> incidents;
    for (const auto* record : records) incidents.push_back(record->incident());
    const auto stored = dependencies_.repository.update_all(TenantScope::provider(), incidents);
    if (stored) {
        for (std::size_t i = 0; i < records.size(); ++i) {
            records[i]->stored((*stored)[i], dependencies_.clock.now());
        }
        return;
    }
    // One of them may be the reason: it must not keep the others from the store.
    for (auto* record : records) (void)persist(*record, record->incident());
}

void IncidentService::Impl::tell(const Incident& incident, std::string_view event_kind, std::string text) {
    model::Event event{.at = dependencies_.clock.wall(),
                       .kind = std::string(event_kind),
                       .tenant = incident.tenant,
                       .incident = incident.id,
                       .text = std::move(text)};
    outbox_.add([this, incident, event = std::move(event)] {
        dependencies_.events.publish(event);
        dependencies_.response.on_incident(incident);
    });
}

void IncidentService::Impl::tick() {
    {
        const std::lock_guard lock(mutex_);
        std::vector<AttackRecord*> due;
        for (auto& [id, record] : live_) {
            if (record.incident().state == IncidentState::open) end_stale(record);
            if (is_due(record)) due.push_back(&record);
        }
        persist_all(due);
    }
    outbox_.deliver();
    close_ended();
    outbox_.deliver();
}

// The response is asked without the lock: it may be telling us something at this moment.
void IncidentService::Impl::close_ended() {
    std::vector<model::IncidentId> ended;
    {
        const std::lock_guard lock(mutex_);
        for (const auto& [id, record] : live_) {
            if (record.incident().state == IncidentState::ended) ended.push_back(id);
        }
    }
    std::erase_if(ended, [this](model::IncidentId id) { return dependencies_.response.any_live(id); });
    const std::lock_guard lock(mutex_);
    for (const model::IncidentId id : ended) {
        const auto found = live_.find(id);
        if (found == live_.end() || found->second.incident().state != IncidentState::ended) continue;
        AttackRecord& record = found->second;
        const Incident before = record.incident();
        record.close(dependencies_.clock.wall(), limits());
        if (!persist(record, before)) continue;
        tell(record.incident(), "incident.closed",
             fmt::format("{} is closed: nothing is in force for it", before.title));
        live_.erase(found);
    }
}

base::Status IncidentService::Impl::note(model::IncidentId id, model::IncidentEntry entry, bool keep) {
    const std::lock_guard lock(mutex_);
    if (const auto found = live_.find(id); found != live_.end()) {
        AttackRecord& record = found->second;
        const Incident before = record.incident();
        record.note(std::move(entry), limits());
        return persist(record, keep ? record.incident() : before);
    }
    const auto closed = dependencies_.repository.find(TenantScope::provider(), id);
    if (!closed) return std::unexpected(closed.error());
    AttackRecord record(*closed, dependencies_.clock.now());
    record.note(std::move(entry), limits());
    return persist(record, *closed);
}

void IncidentService::Impl::note_all(std::span<const Note> notes) {
    std::vector<Note> of_closed;
    {
        const std::lock_guard lock(mutex_);
        std::vector<AttackRecord*> noted;
        for (const auto& one : notes) {
            const auto found = live_.find(one.incident);
            if (found == live_.end()) {
                of_closed.push_back(one);
                continue;
            }
            found->second.note(one.entry, limits());
            if (std::ranges::find(noted, &found->second) == noted.end()) noted.push_back(&found->second);
        }
        persist_all(noted);
    }
    for (auto& one : of_closed) (void)note(one.incident, std::move(one.entry), true);
}

base::Result<Incident> IncidentService::Impl::find(const TenantScope& scope, model::IncidentId id) {
    {
        const std::lock_guard lock(mutex_);
        const auto found = live_.find(id);
        if (found != live_.end() && scope.allows(found->second.incident().tenant))
            return found->second.incident();
    }
    return dependencies_.repository.find(scope, id);
}

// What is live is newer in memory than in the store.
base::Result<std::vector<Incident>> IncidentService::Impl::list(const TenantScope& scope,
                                                                const IncidentQuery& query) {
    auto incidents = dependencies_.repository.list(scope, query);
    if (!incidents) return incidents;
    const std::lock_guard lock(mutex_);
    for (auto& incident : *incidents) {
        if (const auto found = live_.find(incident.id); found != live_.end())
            incident = found->second.incident();
    }
    return incidents;
}

IncidentService::IncidentService(ServiceConfig config, Dependencies dependencies)
    : impl_(std::make_unique<Impl>(config, std::move(dependencies))) {}
IncidentService::~IncidentService() = default;
base::Status IncidentService::start() {
    return impl_->start();
}
void IncidentService::stop() {
    impl_->stop();
}
void IncidentService::on_findings(std::span<const model::Finding> findings) {
    impl_->on_findings(findings);
}
void IncidentService::note_all(std::span<const Note> notes) {
    impl_->note_all(notes);
}
void IncidentService::tick() {
    impl_->tick();
}

void IncidentService::note(model::IncidentId incident, const std::string& kind, const std::string& text,
                           base::Timestamp at) {
    (void)impl_->note(incident, {.at = at, .kind = kind, .text = text}, true);
}

base::Status IncidentService::add_note(model::IncidentId incident, const std::string& kind,
                                       const std::string& text, base::Timestamp at) {
    return impl_->note(incident, {.at = at, .kind = kind, .text = text}, false);
}

base::Result<Incident> IncidentService::find(const TenantScope& scope, model::IncidentId id) const {
    return impl_->find(scope, id);
}

base::Result<std::vector<Incident>> IncidentService::list(const TenantScope& scope,
                                                          const IncidentQuery& query) const {
    return impl_->list(scope, query);
}

}  // namespace sluice::incident
