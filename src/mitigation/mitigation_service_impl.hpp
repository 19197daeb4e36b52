// The inside of MitigationService, for the files that implement it: mitigation_service.cpp (the life of
// mitigations), mitigation_requests.cpp (what people ask for), mitigation_guards.cpp (how far guards go).
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "mitigation/guard_levels.hpp"
#include "mitigation/mitigation_service.hpp"
#include "mitigation/notices.hpp"
#include "mitigation/target_traffic.hpp"
#include "mitigation/targets_of_tenants.hpp"

namespace sluice::mitigation {

class MitigationService::Impl {
  public:
    Impl(ServiceConfig config, Dependencies dependencies);

    [[nodiscard]] base::Status start();
    void on_incidents(std::span<const model::Incident> incidents);
    void on_policy_changed(model::TenantId tenant);
    void on_gateway_report(const model::GatewayReport& report);
    void tick();

    base::Result<model::Mitigation> approve(const model::TenantScope& scope, const Request& request);
    base::Result<model::Mitigation> withdraw(const model::TenantScope& scope, const Request& request);
    base::Result<model::Mitigation> extend(const model::TenantScope& scope, const Request& request,
                                           base::Timestamp until);
    base::Result<model::Mitigation> set_guard(const model::TenantScope& scope, const Request& request,
                                              const GuardOrder& order);
    base::Result<model::Mitigation> find(const model::TenantScope& scope, model::MitigationId id) const {
        return d_.repository.find(scope, id);
    }
    base::Result<std::vector<model::Mitigation>> list(const model::TenantScope& scope,
                                                      const MitigationQuery& query) const {
        return d_.repository.list(scope, query);
    }

    using Snapshot = std::shared_ptr<const std::vector<InForce>>;
    Snapshot snapshot() const {
        const std::lock_guard lock(snapshot_mutex_);
        return snapshot_;
    }
    [[nodiscard]] static const model::Mitigation* find_in(const Snapshot& snapshot, model::MitigationId id);
    bool any_live(model::IncidentId incident) const {
        const std::lock_guard lock(mutex_);
        return std::ranges::any_of(live_, [&](const auto& item) { return item.second.incident == incident; });
    }
    void on_change(std::function<void()> wake) {
        const std::lock_guard lock(snapshot_mutex_);
        wake_ = std::move(wake);
    }
    void announced(model::MitigationId id, const model::Route& route, base::Timestamp at);
    void lost(model::MitigationId id, const std::string& why, base::Timestamp at);
    Notices& notices() { return notices_; }
    base::Timestamp wall() const { return d_.clock.wall(); }

  private:
    using AttackKey = std::pair<model::TenantId, model::IncidentId>;

    // With the tenant's own limits.
    [[nodiscard]] ServiceConfig config_for(model::TenantId tenant) const;

    // Everything below: with mutex_ held.
    base::Status load(bool starting);
    void note(const model::Incident& incident);
    // What is to be done about it, added to `drafts`, which is not stored yet.
    void act_on(const model::Incident& incident, std::vector<model::Mitigation>& drafts);
    void create(const std::vector<model::Mitigation>& drafts);
    void create_alone(const model::Mitigation& draft);
    void begin(const model::Mitigation& stored);
    // Diversions learn what else their attack is made of.
    void follow(const model::Incident& incident);
    // The consent, and whether the attack goes on, of what is live.
    void review(std::optional<model::TenantId> tenant);
    [[nodiscard]] bool attacked(const model::Mitigation& mitigation) const;
    // `beside`: what is about to be in force, too.
    [[nodiscard]] bool room_for(const model::Mitigation& mitigation,
                                std::span<const model::Mitigation> beside = {});
    void replace_diversions(const model::Mitigation& blackhole);
    void note_cleaning();
    // Levels rise and fall.
    void tend_guards();
    void tend_guard(const model::Mitigation& mitigation);
    // From where on the traffic of a diversion is an attack, as the findings of its incident say.
    void learn_limits(const model::Incident& incident);
    [[nodiscard]] model::TrafficRate limits_for(const model::Mitigation& mitigation) const;

    // Stores the next state, then lets it take effect. The stored one, or the store's error.
    base::Result<model::Mitigation> change(const model::Mitigation& next,
                                           std::optional<MitigationChange> news, const std::string& text,
                                           base::Timestamp at);
    void take(const model::Mitigation& stored);
    base::Result<model::Mitigation> to_change(const model::TenantScope& scope, const Request& request) const;
    base::Status audit(const model::TenantScope& scope, const Request& request, std::string_view action,
                       const model::Mitigation& mitigation, const std::string& text);
    // What nobody asked for is written down as well, after it took effect.
    void audit_automatic(const model::Mitigation& mitigation, MitigationChange change,
                         const std::string& text);
    void audit_all(std::span<const AutomaticAction> actions);
    void store_failed(const base::Error& error);
    void store_works() {
        notices_.alarm({.code = "store-failed", .subject = "mitigations", .raised = false}, wall());
    }
    // What follows each change: programs, then the snapshot that Announcements reads.
    void publish();

    const ServiceConfig config_;
    Dependencies d_;
    const base::Logger log_;
    Notices notices_;
    mutable std::mutex mutex_;
    std::map<model::MitigationId, model::Mitigation> live_;
    bool stale_ = true;                                      // the snapshot is not what live_ is
    std::map<AttackKey, std::vector<net::Prefix>> attacks_;  // incidents that are not closed
    std::set<model::IncidentId> untold_;  // of what was loaded: on_incident has not named them yet
    std::map<model::IncidentId, std::vector<model::Mitigation>> declined_;
    std::map<model::IncidentId, std::set<std::string>> told_refusals_;
    std::map<model::MitigationId, GuardLevels> guards_;         // of what is in force and moves by itself
    std::map<model::MitigationId, model::TrafficRate> limits_;  // of what is live
    TargetsOfTenants targets_;
    base::Gauge& in_force_gauge_;
    base::Gauge& proposed_gauge_;
    base::Counter& refused_by_limit_;

    mutable std::mutex snapshot_mutex_;
    Snapshot snapshot_ = std::make_shared<std::vector<InForce>>();
    std::function<void()> wake_;

    struct Cleaning {
        model::MitigationId mitigation;
        base::Timestamp at;
        model::PacketCount in;
    };
    std::mutex reports_mutex_;
    std::set<model::MitigationId> without_traffic_;  // in force, and no gateway has seen a packet for it yet
    TargetTraffic traffic_;                          // of what is in force
    std::vector<Cleaning> cleaning_;                 // for the next tick
};

}  // namespace sluice::mitigation
