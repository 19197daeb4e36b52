// The life of mitigations: from an incident and the customer's consent to desired state, and back.
//
//   on_incident ─▶ Planner ─▶ proposed ──approve──▶ active ──attack over──▶ cooling ──hold-down──▶ withdrawn
//                     └── consent auto ─────────────▲  ▲────attack is back────┘
//
// Each state is durable before it takes effect. Announcements carries the routes; this class never talks to a
// router.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/metrics.hpp"
#include "base/result.hpp"
#include "mitigation/guard_levels.hpp"
#include "mitigation/limits.hpp"
#include "mitigation/mitigation_repository.hpp"
#include "mitigation/ports.hpp"
#include "model/gateway_report.hpp"
#include "model/incident.hpp"

namespace sluice::mitigation {

struct ServiceConfig {
    Limits limits;
    BlackholePolicy blackhole;
    FlowSpecPolicy flowspec;
    GuardLevelsConfig guard;
    std::uint32_t target_linger_ms = 2000;  // a gateway knows a target this much longer than it is diverted
};
[[nodiscard]] base::Status validate(const ServiceConfig& config);

// A mitigation in force, with what Announcements needs to know of it.
struct InForce {
    model::Mitigation mitigation;
    std::uint64_t generation = 0;  // of the program that contains its target; 0: none yet
};

// Thread-safe. No thread of its own: call tick() at least every 100 ms. A store that hangs holds up the
// callers, but not in_force(), on_gateway_report() and what Announcements calls: diversions away from a dead
// gateway go on.
class MitigationService {
  public:
    struct Dependencies {
        MitigationRepository& repository;
        const PrefixSource& prefixes;
        ProgramPort& programs;
        AuditPort& audit;
        MitigationObserver& observer;
        const base::Clock& clock;
        base::Logger log;
        base::MetricRegistry& metrics;
    };

    MitigationService(ServiceConfig config, Dependencies dependencies);
    ~MitigationService();

    // Loads what is live. Programs for it are made at once. Errors: the repository's.
    [[nodiscard]] base::Status start();
    void stop();

    // The incident as it is now; any number of times, also when nothing has changed.
    void on_incident(const model::Incident& incident) { on_incidents({&incident, 1}); }
    // What is to be done about several is stored together, and each tenant's program made once.
    void on_incidents(std::span<const model::Incident> incidents);
    // Policy, prefixes or consent of the tenant have changed.
    void on_policy_changed(model::TenantId tenant);
    void on_gateway_report(const model::GatewayReport& report);
    void tick();

    // By a person; `actor` is the user's login. Durable when they return. With `version`, only if that is
    // still the stored one. Errors: not_found, conflict (not in a state that allows it, or another version),
    // forbidden (consent is off), exhausted (a limit), invalid_argument.
    struct Request {
        model::MitigationId id;
        std::string actor;
        std::string reason;  // for people; may be empty
        std::optional<std::uint64_t> version;
    };
    [[nodiscard]] base::Result<model::Mitigation> approve(const model::TenantScope& scope,
                                                          const Request& request);
    [[nodiscard]] base::Result<model::Mitigation> withdraw(const model::TenantScope& scope,
                                                           const Request& request);
    [[nodiscard]] base::Result<model::Mitigation> extend(const model::TenantScope& scope,
                                                         const Request& request, base::Timestamp until);
    // How far the guard of a diversion goes, from now until the mitigation ends. What is left out stays.
    struct GuardOrder {
        // The level, or none: it rises and falls by itself again.
        std::optional<std::optional<model::GuardLevel>> level;
        std::optional<model::StageSet> watched;  // of model::watchable_stages
    };
    [[nodiscard]] base::Result<model::Mitigation> set_guard(const model::TenantScope& scope,
                                                            const Request& request, const GuardOrder& order);
    [[nodiscard]] base::Result<model::Mitigation> find(const model::TenantScope& scope,
                                                       model::MitigationId id) const;
    [[nodiscard]] base::Result<std::vector<model::Mitigation>> list(const model::TenantScope& scope,
                                                                    const MitigationQuery& query) const;

    // Active and cooling, in no order.
    [[nodiscard]] std::vector<InForce> in_force() const;
    // Whether anything is in force or proposed for the incident: it is not closed before.
    [[nodiscard]] bool any_live(model::IncidentId incident) const;
    // Called, without a lock, when in_force() may have changed; must not block.
    void on_change(std::function<void()> wake);

    // From Announcements, never waiting for the store: what the speaker has taken or lost, and alarms.
    void announced(model::MitigationId id, const model::Route& route, base::Timestamp at);
    void lost(model::MitigationId id, const std::string& why, base::Timestamp at);
    void set_alarm(const Alarm& alarm);
    void gateway_changed(const std::string& name, bool healthy, base::Timestamp at);

  private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::mitigation
