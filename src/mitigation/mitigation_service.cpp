#include "mitigation/mitigation_service.hpp"

#include <algorithm>
#include <utility>

#include "mitigation/consent.hpp"
#include "mitigation/lifecycle.hpp"
#include "mitigation/mitigation_service_impl.hpp"
#include "mitigation/planner.hpp"

namespace sluice::mitigation {
namespace {

using base::ErrorCode;
using model::Mitigation;
using model::MitigationId;
using model::MitigationKind;
using model::MitigationState;
using model::TenantScope;

constexpr std::size_t page = 500;

// What of an incident is under attack now.
std::vector<net::Prefix> attacked_targets(const model::Incident& incident) {
    std::vector<net::Prefix> targets;
    if (incident.state != model::IncidentState::open) return targets;
    for (const auto& finding : incident.findings) {
        if (finding.state != model::FindingState::closed &&
            finding.direction == model::TrafficDirection::inbound) {
            targets.push_back(finding.target);
        }
    }
    return targets;
}

}  // namespace

MitigationService::Impl::Impl(ServiceConfig config, Dependencies dependencies)
    : config_(std::move(config)),
      d_(std::move(dependencies)),
      log_(d_.log.named("mitigation")),
      notices_(d_.observer, [this](std::span<const AutomaticAction> actions) { audit_all(actions); }),
      targets_(d_.programs, config_.target_linger_ms),
      in_force_gauge_(d_.metrics.gauge("sluice_mitigations_in_force", "Active and cooling mitigations")),
      proposed_gauge_(d_.metrics.gauge("sluice_mitigations_proposed", "Mitigations that wait for approval")),
      refused_by_limit_(d_.metrics.counter("sluice_mitigations_refused_by_limit_total",
                                           "Mitigations that a limit turned away")) {}

ServiceConfig MitigationService::Impl::config_for(model::TenantId tenant) const {
    ServiceConfig config = config_;
    config.limits = stricter(config_.limits, d_.prefixes.limits_of(tenant));
    return config;
}

// By id: live_ is in their order.
const Mitigation* MitigationService::Impl::find_in(const Snapshot& snapshot, MitigationId id) {
    const auto it =
        std::ranges::lower_bound(*snapshot, id, {}, [](const InForce& e) { return e.mitigation.id; });
    return it != snapshot->end() && it->mitigation.id == id ? &it->mitigation : nullptr;
}

base::Status MitigationService::Impl::start() {
    if (auto status = validate(config_); !status) return status;
    {
        const std::lock_guard lock(mutex_);
        if (auto status = load(true); !status) return status;
        publish();
    }
    notices_.deliver();
    return {};
}

base::Status MitigationService::Impl::load(bool starting) {
    MitigationQuery query;
    query.live_only = true;
    query.limit = page;
    for (;;) {
        const auto stored = d_.repository.list(TenantScope::provider(), query);
        if (!stored) return std::unexpected(stored.error());
        for (const auto& mitigation : *stored) take(mitigation);
        if (starting) {
            for (const auto& mitigation : *stored) untold_.insert(mitigation.incident);
        }
        if (stored->size() < page) return {};
        query.before = stored->back().id;
    }
}

void MitigationService::Impl::on_incidents(std::span<const model::Incident> incidents) {
    {
        const std::lock_guard lock(mutex_);
        std::vector<Mitigation> drafts;
        std::set<model::TenantId> tenants;
        for (const auto& incident : incidents) {
            tenants.insert(incident.tenant);
            note(incident);
            if (incident.state != model::IncidentState::open) continue;
            follow(incident);
            act_on(incident, drafts);
        }
        create(drafts);
        for (const auto& incident : incidents) {
            if (incident.state == model::IncidentState::open) learn_limits(incident);
        }
        for (const auto tenant : tenants) review(tenant);
        publish();
    }
    notices_.deliver();
}

void MitigationService::Impl::note(const model::Incident& incident) {
    untold_.erase(incident.id);
    if (incident.state == model::IncidentState::closed) {
        attacks_.erase({incident.tenant, incident.id});
        declined_.erase(incident.id);
        told_refusals_.erase(incident.id);
    } else {
        attacks_[{incident.tenant, incident.id}] = attacked_targets(incident);
    }
}

void MitigationService::Impl::act_on(const model::Incident& incident, std::vector<Mitigation>& drafts) {
    const auto prefixes = own_prefixes(d_.prefixes, incident.tenant);
    if (!prefixes) {
        notices_.alarm({.code = "store-failed",
                        .subject = "prefixes",
                        .critical = true,
                        .sentence = "The tenants' prefixes cannot be read: " + prefixes.error().message(),
                        .what_to_do = "Nothing new is announced until they can. Look at the store."},
                       wall());
        return;
    }
    notices_.alarm({.code = "store-failed", .subject = "prefixes", .raised = false}, wall());
    if (!declined_.contains(incident.id)) {
        MitigationQuery query;
        query.incident = incident.id;
        query.limit = page;
        const auto stored = d_.repository.list(TenantScope::provider(), query);
        if (!stored) {
            store_failed(stored.error());
            return;  // what a person has declined must not be done again
        }
        auto& declined = declined_[incident.id];
        for (const auto& mitigation : *stored) {
            if (mitigation.state == MitigationState::withdrawn && by_a_person(mitigation)) {
                declined.push_back(mitigation);
            }
        }
    }
    PlanInput input{incident, *prefixes, {}, declined_[incident.id], {}, wall()};
    input.line_rate_bps = [&](const net::Prefix& target) {
        return d_.prefixes.line_rate_bps(incident.tenant, target);
    };
    for (const auto& [id, mitigation] : live_) {
        if (mitigation.tenant == incident.tenant) input.live.push_back(mitigation);
    }
    for (const auto& draft : drafts) {
        if (draft.tenant == incident.tenant) input.live.push_back(draft);
    }
    Plan plan = Planner(config_for(incident.tenant)).plan(input);
    for (auto& draft : plan.drafts) {
        draft.guard.level = d_.prefixes.guard_level_of(incident.tenant).value_or(model::GuardLevel::basic);
        drafts.push_back(std::move(draft));
    }
    for (const auto& text : plan.refusals) {
        if (told_refusals_[incident.id].insert(text).second) {
            notices_.refusal(incident.tenant, incident.id, text, wall());
        }
    }
}

void MitigationService::Impl::follow(const model::Incident& incident) {
    std::vector<Mitigation> grown;
    for (const auto& [id, mitigation] : live_) {
        if (mitigation.tenant != incident.tenant || mitigation.kind != MitigationKind::divert) continue;
        auto vectors = vectors_since(mitigation, incident);
        if (vectors.size() == mitigation.vectors.size()) continue;
        grown.push_back(mitigation);
        grown.back().vectors = std::move(vectors);
    }
    for (const auto& next : grown) {
        if (!change(next, {}, {}, wall())) return;
        log_.info("the attack has changed its shape",
                  {{"id", next.id.to_string()},
                   {"target", next.target.to_string()},
                   {"newest", std::string(model::to_string(next.vectors.back()))}});
    }
}

bool MitigationService::Impl::room_for(const Mitigation& mitigation, std::span<const Mitigation> beside) {
    std::uint32_t of_tenant = 0;
    std::uint32_t total = 0;
    const auto count = [&](const Mitigation& other) {
        if (!mitigation::in_force(other)) return;
        ++total;
        of_tenant += other.tenant == mitigation.tenant ? 1 : 0;
    };
    for (const auto& [id, other] : live_) {
        if (id != mitigation.id) count(other);
    }
    for (const auto& other : beside) count(other);
    const bool tenant_room = of_tenant < config_for(mitigation.tenant).limits.max_active_per_tenant;
    const bool total_room = total < config_.limits.max_active_total;
    notices_.alarm({.code = "limit-reached",
                    .subject = mitigation.tenant.to_string(),
                    .raised = !tenant_room,
                    .sentence = "A tenant has as many mitigations as its limit allows.",
                    .what_to_do = "Further targets are not protected. Divert a whole prefix, or raise "
                                  "limits.max_active_per_tenant or "
                                  "the tenant's mitigation.max_active."},
                   wall());
    notices_.alarm(
        {.code = "limit-reached",
         .subject = "total",
         .raised = !total_room,
         .critical = true,
         .sentence = "As many mitigations are in force as limits.max_active_total allows.",
         .what_to_do = "Further targets are not protected. Divert whole prefixes, or raise the limit."},
        wall());
    if (!tenant_room || !total_room) refused_by_limit_.add();
    return tenant_room && total_room;
}

void MitigationService::Impl::create(const std::vector<Mitigation>& drafts) {
    std::vector<Mitigation> fitting;
    for (const auto& draft : drafts) {
        if (draft.state == MitigationState::active && !room_for(draft, fitting)) {
            const std::string text =
                "the limit of mitigations is reached: nothing is done about " + draft.target.to_string();
            if (told_refusals_[draft.incident].insert(text).second) {
                notices_.refusal(draft.tenant, draft.incident, text, wall());
            }
            continue;
        }
        fitting.push_back(draft);
    }
    if (fitting.size() > 1) {
        if (const auto stored = d_.repository.create_all(TenantScope::provider(), fitting)) {
            store_works();
            for (const auto& one : *stored) begin(one);
            return;
        }
        // One of them may be the reason: it must not keep the others from the store.
    }
    for (const auto& draft : fitting) create_alone(draft);
}

void MitigationService::Impl::create_alone(const Mitigation& draft) {
    const auto stored = d_.repository.create(TenantScope::of(draft.tenant), draft);
    if (!stored) {
        // conflict: an earlier attempt was stored although its answer was lost.
        if (stored.error().code == ErrorCode::conflict && load(false)) return;
        store_failed(stored.error());
        return;
    }
    store_works();
    begin(*stored);
}

void MitigationService::Impl::begin(const Mitigation& stored) {
    take(stored);
    const bool active = stored.state == MitigationState::active;
    const auto change = active ? MitigationChange::activated : MitigationChange::proposed;
    log_.info(active ? "mitigation begins" : "mitigation proposed",
              {{"id", stored.id.to_string()},
               {"kind", std::string(model::to_string(stored.kind))},
               {"target", stored.target.to_string()},
               {"tenant", stored.tenant.to_string()},
               {"why", stored.reason}});
    notices_.change(stored, change, stored.reason, stored.created_at);
    audit_automatic(stored, change, stored.reason);
    if (active && stored.kind == MitigationKind::blackhole) replace_diversions(stored);
}

void MitigationService::Impl::replace_diversions(const Mitigation& blackhole) {
    const auto all = live_;
    for (const auto& [id, other] : all) {
        if (other.kind != MitigationKind::divert || other.tenant != blackhole.tenant ||
            other.target != blackhole.target) {
            continue;
        }
        Mitigation next = other;
        next.state = MitigationState::withdrawn;
        next.reason = "replaced by " + blackhole.id.to_string() + ": the attack cannot be cleaned";
        const auto stored = change(next, MitigationChange::withdrawn, next.reason, wall());
        if (stored) audit_automatic(*stored, MitigationChange::withdrawn, next.reason);
    }
}

bool MitigationService::Impl::attacked(const Mitigation& mitigation) const {
    for (auto it = attacks_.lower_bound({mitigation.tenant, {}});
         it != attacks_.end() && it->first.first == mitigation.tenant; ++it) {
        if (std::ranges::any_of(it->second,
                                [&](const auto& target) { return target.overlaps(mitigation.target); })) {
            return true;
        }
    }
    return false;
}

void MitigationService::Impl::review(std::optional<model::TenantId> tenant) {
    std::map<model::TenantId, base::Result<std::vector<model::TenantPrefix>>> prefixes;
    std::vector<MitigationId> ids;
    for (const auto& [id, mitigation] : live_) {
        if (!tenant || mitigation.tenant == *tenant) ids.push_back(id);
    }
    for (const auto id : ids) {
        const auto found = live_.find(id);
        if (found == live_.end()) continue;  // replaced by a step before
        const Mitigation& before = found->second;
        const auto [own, is_new] = prefixes.try_emplace(before.tenant);
        if (is_new) own->second = own_prefixes(d_.prefixes, before.tenant);
        Circumstances circumstances;
        circumstances.consent_known = own->second.has_value();
        if (own->second) circumstances.consent = consent_for(*own->second, before.tenant, before.target);
        circumstances.attacked = attacked(before);
        circumstances.attack_known = !untold_.contains(before.incident);
        circumstances.now = wall();
        for (int steps = 0; steps < 3; ++steps) {
            const auto now = live_.find(id);
            if (now == live_.end()) break;
            const auto step = next_step(now->second, circumstances, config_for(now->second.tenant));
            if (!step) break;
            const bool begins = mitigation::in_force(step->next) && !mitigation::in_force(now->second);
            if (begins && !room_for(step->next)) break;
            const auto stored = change(step->next, step->news, step->next.reason, circumstances.now);
            if (!stored) break;
            if (step->news) audit_automatic(*stored, *step->news, stored->reason);
        }
    }
}

void MitigationService::Impl::on_policy_changed(model::TenantId tenant) {
    {
        const std::lock_guard lock(mutex_);
        review(tenant);
        publish();
    }
    notices_.deliver();
}

void MitigationService::Impl::on_gateway_report(const model::GatewayReport& report) {
    const std::lock_guard lock(reports_mutex_);
    traffic_.add(report, d_.clock.now());
    if (without_traffic_.empty()) return;
    for (const auto& target : report.targets) {
        if (target.in.packets == 0 || without_traffic_.erase(target.mitigation) == 0) continue;
        cleaning_.push_back({target.mitigation, d_.clock.wall(), target.in});
    }
}

void MitigationService::Impl::note_cleaning() {
    std::vector<Cleaning> cleaning;
    {
        const std::lock_guard lock(reports_mutex_);
        cleaning.swap(cleaning_);
    }
    for (const auto& first : cleaning) {
        const auto it = live_.find(first.mitigation);
        if (it == live_.end()) continue;
        notices_.change(it->second, MitigationChange::cleaning,
                        "traffic to " + it->second.target.to_string() + " passes a gateway", first.at);
    }
}

void MitigationService::Impl::tick() {
    {
        const std::lock_guard lock(mutex_);
        review({});
        tend_guards();
        note_cleaning();
        publish();
    }
    notices_.deliver();
}

base::Result<Mitigation> MitigationService::Impl::change(const Mitigation& next,
                                                         std::optional<MitigationChange> news,
                                                         const std::string& text, base::Timestamp at) {
    auto stored = d_.repository.update(TenantScope::of(next.tenant), next);
    if (!stored) {
        // It may have been stored all the same, now or in an earlier attempt: what is on disk counts.
        if (const auto now = d_.repository.find(TenantScope::of(next.tenant), next.id)) take(*now);
        store_failed(stored.error());
        return stored;
    }
    store_works();
    take(*stored);
    if (news) {
        log_.info("mitigation " + std::string(to_string(*news)),
                  {{"id", stored->id.to_string()}, {"target", stored->target.to_string()}, {"why", text}});
        notices_.change(*stored, *news, text, at);
    }
    return stored;
}

void MitigationService::Impl::take(const Mitigation& stored) {
    stale_ = true;
    const bool new_here = !live_.contains(stored.id) || !mitigation::in_force(live_.at(stored.id));
    if (stored.state == MitigationState::withdrawn) {
        live_.erase(stored.id);
    } else {
        live_[stored.id] = stored;
    }
    if (mitigation::in_force(stored)) {
        targets_.add(stored);
    } else {
        targets_.remove(stored, d_.clock.now());
    }
    if (stored.state == MitigationState::withdrawn) limits_.erase(stored.id);
    const std::lock_guard lock(reports_mutex_);
    if (!mitigation::in_force(stored)) {
        without_traffic_.erase(stored.id);
        traffic_.forget(stored.id);
    } else if (new_here && stored.kind == MitigationKind::divert) {
        without_traffic_.insert(stored.id);
        traffic_.watch(stored.id);
    }
}

void MitigationService::Impl::audit_automatic(const Mitigation& mitigation, MitigationChange change,
                                              const std::string& text) {
    notices_.audit({mitigation, "mitigation." + std::string(to_string(change)), text});
}

void MitigationService::Impl::audit_all(std::span<const AutomaticAction> actions) {
    const auto status = d_.audit.record_all(actions);
    notices_.alarm(
        {.code = "audit-failed",
         .subject = "mitigations",
         .raised = !status.has_value(),
         .critical = true,
         .sentence = status ? "" : "A mitigation could not be audited: " + status.error().message(),
         .what_to_do = "Look at the store: is the disk full?"},
        wall());
}

void MitigationService::Impl::store_failed(const base::Error& error) {
    log_.error("a mitigation could not be stored", {{"why", error.message()}});
    notices_.alarm(
        {.code = "store-failed",
         .subject = "mitigations",
         .critical = true,
         .sentence = "A mitigation could not be stored, and did not take effect: " + error.message(),
         .what_to_do = "It is tried again. Look at the store: is the disk full?"},
        wall());
}

void MitigationService::Impl::publish() {
    const auto sent = targets_.send(d_.clock.now());
    notices_.alarm(
        {.code = "program-failed",
         .subject = "",
         .raised = !sent.has_value(),
         .critical = true,
         .sentence = sent ? "" : "A tenant's program could not be made: " + sent.error().message(),
         .what_to_do = "Its new targets are not diverted until it can. Look at the tenant's policy."},
        wall());
    if (!stale_ && sent && !*sent) return;
    stale_ = false;
    auto next = std::make_shared<std::vector<InForce>>();
    std::size_t proposed = 0;
    for (const auto& [id, mitigation] : live_) {
        if (mitigation::in_force(mitigation)) {
            next->push_back({mitigation, targets_.generation(mitigation)});
        } else {
            ++proposed;
        }
    }
    in_force_gauge_.set(static_cast<double>(next->size()));
    proposed_gauge_.set(static_cast<double>(proposed));
    std::function<void()> wake;
    {
        const std::lock_guard lock(snapshot_mutex_);
        snapshot_ = std::move(next);
        wake = wake_;
    }
    if (wake) wake();
}

void MitigationService::Impl::announced(MitigationId id, const model::Route& route, base::Timestamp at) {
    const auto now = snapshot();
    const Mitigation* mitigation = find_in(now, id);
    if (mitigation == nullptr) return;
    std::string text = route.key();
    if (!route.next_hop.is_none()) text += " via " + route.next_hop.to_string();
    notices_.change(*mitigation, MitigationChange::announced, text, at);
}

void MitigationService::Impl::lost(MitigationId id, const std::string& why, base::Timestamp at) {
    const auto now = snapshot();
    if (const Mitigation* mitigation = find_in(now, id))
        notices_.change(*mitigation, MitigationChange::lost, why, at);
}

MitigationService::MitigationService(ServiceConfig config, Dependencies dependencies)
    : impl_(std::make_unique<Impl>(std::move(config), std::move(dependencies))) {}
MitigationService::~MitigationService() = default;

base::Status MitigationService::start() {
    return impl_->start();
}
void MitigationService::stop() {}
void MitigationService::on_incidents(std::span<const model::Incident> incidents) {
    impl_->on_incidents(incidents);
}
void MitigationService::on_policy_changed(model::TenantId tenant) {
    impl_->on_policy_changed(tenant);
}
void MitigationService::on_gateway_report(const model::GatewayReport& report) {
    impl_->on_gateway_report(report);
}
void MitigationService::tick() {
    impl_->tick();
}
base::Result<Mitigation> MitigationService::approve(const TenantScope& scope, const Request& request) {
    return impl_->approve(scope, request);
}
base::Result<Mitigation> MitigationService::withdraw(const TenantScope& scope, const Request& request) {
    return impl_->withdraw(scope, request);
}
base::Result<Mitigation> MitigationService::extend(const TenantScope& scope, const Request& request,
                                                   base::Timestamp until) {
    return impl_->extend(scope, request, until);
}
base::Result<Mitigation> MitigationService::set_guard(const TenantScope& scope, const Request& request,
                                                      const GuardOrder& order) {
    return impl_->set_guard(scope, request, order);
}
base::Result<Mitigation> MitigationService::find(const TenantScope& scope, MitigationId id) const {
    return impl_->find(scope, id);
}
base::Result<std::vector<Mitigation>> MitigationService::list(const TenantScope& scope,
                                                              const MitigationQuery& query) const {
    return impl_->list(scope, query);
}
std::vector<InForce> MitigationService::in_force() const {
    return *impl_->snapshot();
}
bool MitigationService::any_live(model::IncidentId incident) const {
    return impl_->any_live(incident);
}
void MitigationService::on_change(std::function<void()> wake) {
    impl_->on_change(std::move(wake));
}
void MitigationService::announced(MitigationId id, const model::Route& route, base::Timestamp at) {
    impl_->announced(id, route, at);
}
void MitigationService::lost(MitigationId id, const std::string& why, base::Timestamp at) {
    impl_->lost(id, why, at);
}
void MitigationService::set_alarm(const Alarm& alarm) {
    impl_->notices().alarm(alarm, impl_->wall());
}
void MitigationService::gateway_changed(const std::string& name, bool healthy, base::Timestamp at) {
    impl_->notices().gateway(name, healthy, at);
}

}  // namespace sluice::mitigation
