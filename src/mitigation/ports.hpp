// What the response needs from elsewhere, besides the repository and the announcer. The controller wires
// them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "model/attack_vector.hpp"
#include "model/event.hpp"
#include "model/guard.hpp"
#include "model/ids.hpp"
#include "model/mitigation.hpp"
#include "model/tenant.hpp"
#include "model/tenant_policy.hpp"
#include "model/tenant_scope.hpp"

namespace sluice::mitigation {

// The tenant's prefixes and their consent, as they are now (tenancy). Thread-safe, and asked before each
// announcement: it should answer from memory. An error stops new announcements, and leaves what stands.
class PrefixSource {
  public:
    virtual ~PrefixSource() = default;
    [[nodiscard]] virtual base::Result<std::vector<model::TenantPrefix>> prefixes_of(
        model::TenantId tenant) const = 0;
    // The line rate of the site that a prefix of the tenant belongs to; 0 when not known.
    [[nodiscard]] virtual std::uint64_t line_rate_bps(model::TenantId tenant,
                                                      const net::Prefix& target) const = 0;
    // What the tenant's policy allows at most, within the platform's limits.
    [[nodiscard]] virtual model::MitigationLimits limits_of(model::TenantId /*tenant*/) const {
        return {.max_active = UINT32_MAX,
                .widest_divert_v4 = 0,
                .widest_divert_v6 = 0,
                .expires_after_s = UINT32_MAX};
    }
    // The level of the guard that the tenant's policy wants; empty: it rises and falls by itself.
    [[nodiscard]] virtual std::optional<model::GuardLevel> guard_level_of(model::TenantId /*tenant*/) const {
        return std::nullopt;
    }
};

// One diverted prefix, before the policy has said how it is scrubbed.
struct DivertTarget {
    net::Prefix prefix;
    model::MitigationId mitigation;
    std::vector<model::AttackVector> vectors;
    // How far the guard goes: the level that it has reached, unless the policy says otherwise, unless a
    // person does.
    model::GuardLevel level = model::GuardLevel::basic;
    std::optional<model::GuardLevel> pinned{};
    model::StageSet watched = 0;  // besides those of the policy
    model::UsualTraffic usual{};

    bool operator==(const DivertTarget&) const = default;
};

// The way to the gateways' programs (ProgramBook).
class ProgramPort {
  public:
    virtual ~ProgramPort() = default;
    // Replaces the tenant's diverted targets and sends the new program. Returns the generation that a gateway
    // must have acknowledged before traffic for these targets may be sent to it.
    [[nodiscard]] virtual base::Result<std::uint64_t> set_targets(
        model::TenantId tenant, const std::vector<DivertTarget>& targets) = 0;
};

// What Sluice did by itself.
struct AutomaticAction {
    model::Mitigation mitigation;
    std::string action;
    std::string text;
};

// Every action with its user and reason (DD-9). Written before the action takes effect; a failure stops a
// person's action and only alarms on an automatic one.
class AuditPort {
  public:
    virtual ~AuditPort() = default;
    // actor: "auto" or the user's login. action: "mitigation.approve", "mitigation.withdraw" …
    [[nodiscard]] virtual base::Status record(const model::TenantScope& scope, std::string_view actor,
                                              std::string_view action, const model::Mitigation& mitigation,
                                              std::string_view text) = 0;
    // By the actor "auto", in this order.
    [[nodiscard]] virtual base::Status record_all(std::span<const AutomaticAction> actions) {
        base::Status status;
        for (const auto& [mitigation, action, text] : actions) {
            auto one = record(model::TenantScope::provider(), "auto", action, mitigation, text);
            if (!one) status = std::move(one);
        }
        return status;
    }
};

enum class MitigationChange : std::uint8_t {
    proposed,
    activated,
    announced,  // a speaker has taken its route
    lost,       // its route was withdrawn although it is still wanted (no healthy gateway)
    cleaning,   // the first diverted packets came through a gateway
    cooling,
    resumed,  // the attack came back while cooling
    extended,
    withdrawn,
    guard_changed,  // its guard goes further or less far, by itself or as a person wants it
};
[[nodiscard]] std::string_view to_string(MitigationChange change);

struct MitigationNews {
    model::Mitigation mitigation;
    MitigationChange change{};
    std::string text;
    base::Timestamp at{};
};

// Something of the platform's that a person must look at: raised once, cleared when it is over.
struct Alarm {
    std::string code;     // stable: "gateway-silent", "no-gateway", "speaker-down", "bgp-session-down",
                          // "announce-failed", "announce-refused", "store-failed", "limit-reached",
                          // "audit-failed", "program-failed", "program-refused"
    std::string subject;  // which gateway, route, tenant …; code and subject together are one alarm
    bool raised = true;
    bool critical = false;
    std::string sentence;
    std::string what_to_do;
};

// Told in order, after the change is durable, without any lock held, from the threads that call the service
// (tick() among them). Must return soon.
class MitigationObserver {
  public:
    virtual ~MitigationObserver() = default;
    virtual void on_mitigation(const model::Mitigation& mitigation, MitigationChange change,
                               const std::string& text, base::Timestamp at) = 0;
    // Several, in this order.
    virtual void on_mitigations(std::span<const MitigationNews> news) {
        for (const auto& one : news) on_mitigation(one.mitigation, one.change, one.text, one.at);
    }
    // Nothing will be done about (a part of) this incident, and why. Once for each reason.
    virtual void on_refusal(model::TenantId tenant, model::IncidentId incident, const std::string& text,
                            base::Timestamp at) = 0;
    virtual void on_alarm(const Alarm& alarm, base::Timestamp at) = 0;
    // A gateway is fit to take traffic, or is not any more.
    virtual void on_gateway(const std::string& name, bool healthy, base::Timestamp at) = 0;
};

}  // namespace sluice::mitigation
