#include "incident/incident_service.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <mutex>

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
    void on_finding(const model::Finding& finding);
    void tick();
    base::Status note(model::IncidentId id, model::IncidentEntry entry, bool keep);
    base::Result<Incident> find(const TenantScope& scope, model::IncidentId id);
    base::Result<std::vector<Incident>> list(const TenantScope& scope, const IncidentQuery& query);

  private:
    [[nodiscard]] AttackLimits limits() const { return {config_.max_findings, config_.max_timeline}; }
    [[nodiscard]] AttackRecord* record_for(const model::Finding& finding);
    [[nodiscard]] std::size_t open_incidents(model::TenantId tenant) const;
    void open(const model::Finding& finding);
    void update(AttackRecord& record, const model::Finding& finding);
    void end_when_over(AttackRecord& record, const std::string& why);
    void end_stale(AttackRecord& record);
    base::Status persist(AttackRecord& record, const Incident& before);
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

void IncidentService::Impl::on_finding(const model::Finding& finding) {
    {
        const std::lock_guard lock(mutex_);
        if (AttackRecord* record = record_for(finding)) {
            update(*record, finding);
        } else if (finding.state != model::FindingState::closed) {
            open(finding);
        }
    }
    outbox_.deliver();
}

void IncidentService::Impl::open(const model::Finding& finding) {
    if (open_incidents(finding.tenant) >= config_.max_open_per_tenant) {
        refused_.add();
        return;
    }
    AttackRecord record = AttackRecord::opened(finding, dependencies_.clock.now(), limits());
    const auto stored = dependencies_.repository.create(TenantScope::of(finding.tenant), record.incident());
    if (!stored) {
        not_stored_.add();
        dependencies_.log.error(
            "an incident cannot be stored; the next report of its finding tries again",
            {{"target", finding.target.to_string()}, {"error", stored.error().message()}});
        return;
    }
    opened_.add();
    record.stored(*stored, dependencies_.clock.now());
    tell(*stored, "incident.opened", stored->title);
    live_.emplace(stored->id, std::move(record));
}

void IncidentService::Impl::update(AttackRecord& record, const model::Finding& finding) {
    const Incident before = record.incident();
    const AttackChange change = record.take(finding, dependencies_.clock.now(), limits());
    const base::Instant next_store =
        record.stored_at() + std::chrono::milliseconds{config_.persist_interval_ms};
    if (change != AttackChange::rates || dependencies_.clock.now() >= next_store) {
        if (!persist(record, before)) return;
    }
    switch (change) {
        case AttackChange::rates:
            outbox_.add([this, now = record.incident()] { dependencies_.response.on_incident(now); });
            break;
        case AttackChange::evidence:
            tell(record.incident(), "incident.updated", record.incident().title);
            break;
        case AttackChange::resumed:
            tell(record.incident(), "incident.reopened", fmt::format("{} is back", record.incident().title));
            break;
    }
    end_when_over(record, "the traffic is back below its thresholds");
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
        const base::Duration interval = std::chrono::milliseconds{config_.persist_interval_ms};
        for (auto& [id, record] : live_) {
            if (record.incident().state == IncidentState::open) end_stale(record);
            if (record.dirty() && dependencies_.clock.now() - record.stored_at() >= interval) {
                (void)persist(record, record.incident());
            }
        }
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
void IncidentService::on_finding(const std::string& /*collector*/, const model::Finding& finding) {
    impl_->on_finding(finding);
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
