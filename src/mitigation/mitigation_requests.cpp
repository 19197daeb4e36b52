// What people ask of mitigations: each request is checked, audited, stored, and then takes effect.
#include <algorithm>

#include "mitigation/lifecycle.hpp"
#include "mitigation/mitigation_service_impl.hpp"

namespace sluice::mitigation {
namespace {

using base::ErrorCode;
using model::ConsentMode;
using model::Mitigation;
using model::MitigationKind;
using model::MitigationState;
using model::TenantScope;

constexpr std::size_t max_text = 500;

std::chrono::seconds seconds(std::uint32_t value) {
    return std::chrono::seconds(value);
}

}  // namespace

base::Result<Mitigation> MitigationService::Impl::to_change(const TenantScope& scope,
                                                            const Request& request) const {
    if (request.actor.empty() || request.actor == "auto") {
        return base::fail(ErrorCode::invalid_argument, "'" + request.actor + "' is no user", "actor");
    }
    if (request.reason.size() > max_text) {
        return base::fail(ErrorCode::invalid_argument, "is longer than 500 bytes", "reason");
    }
    const auto it = live_.find(request.id);
    if (it == live_.end()) {
        auto stored = d_.repository.find(scope, request.id);
        if (!stored) return stored;
        return base::fail(ErrorCode::conflict, "is withdrawn already", request.id.to_string());
    }
    if (!scope.allows(it->second.tenant)) {
        return base::fail(ErrorCode::not_found, "there is no such mitigation", request.id.to_string());
    }
    if (request.version && *request.version != it->second.version) {
        return base::fail(ErrorCode::conflict, "has changed meanwhile", request.id.to_string(),
                          "read it again");
    }
    return it->second;
}

base::Status MitigationService::Impl::audit(const TenantScope& scope, const Request& request,
                                            std::string_view action, const Mitigation& mitigation,
                                            const std::string& text) {
    return d_.audit.record(scope, request.actor, action, mitigation, text);
}

base::Result<Mitigation> MitigationService::Impl::approve(const TenantScope& scope, const Request& request) {
    base::Result<Mitigation> result;
    {
        const std::lock_guard lock(mutex_);
        auto next = to_change(scope, request);
        if (!next) return next;
        if (next->state != MitigationState::proposed) {
            return base::fail(ErrorCode::conflict, "is not waiting for approval", request.id.to_string());
        }
        const auto prefixes = own_prefixes(d_.prefixes, next->tenant);
        if (!prefixes) return std::unexpected(prefixes.error());
        const auto consent = consent_for(*prefixes, next->tenant, next->target);
        if (!consent || consent->mode == ConsentMode::off) {
            return base::fail(ErrorCode::forbidden, "the tenant has not consented for this target",
                              next->target.to_string(), "set the prefix' consent to ask or auto");
        }
        if (!room_for(*next)) {
            return base::fail(ErrorCode::exhausted, "the limit of mitigations is reached",
                              request.id.to_string(), "withdraw another one first");
        }
        if (auto status = audit(scope, request, "mitigation.approve", *next, request.reason); !status) {
            return std::unexpected(status.error());
        }
        const auto now = wall();
        next->state = MitigationState::active;
        next->actor = request.actor;
        next->reason = "approved by " + request.actor + (request.reason.empty() ? "" : ": " + request.reason);
        next->expires_at = now + seconds(config_for(next->tenant).limits.expiry_s);
        result = change(*next, MitigationChange::activated, next->reason, now);
        if (result && result->kind == MitigationKind::blackhole) replace_diversions(*result);
        publish();
    }
    notices_.deliver();
    return result;
}

base::Result<Mitigation> MitigationService::Impl::withdraw(const TenantScope& scope, const Request& request) {
    base::Result<Mitigation> result;
    {
        const std::lock_guard lock(mutex_);
        auto next = to_change(scope, request);
        if (!next) return next;
        if (auto status = audit(scope, request, "mitigation.withdraw", *next, request.reason); !status) {
            return std::unexpected(status.error());
        }
        next->state = MitigationState::withdrawn;
        next->actor = request.actor;
        next->reason =
            "withdrawn by " + request.actor + (request.reason.empty() ? "" : ": " + request.reason);
        result = change(*next, MitigationChange::withdrawn, next->reason, wall());
        if (result) declined_[result->incident].push_back(*result);
        publish();
    }
    notices_.deliver();
    return result;
}

base::Result<Mitigation> MitigationService::Impl::extend(const TenantScope& scope, const Request& request,
                                                         base::Timestamp until) {
    base::Result<Mitigation> result;
    {
        const std::lock_guard lock(mutex_);
        auto next = to_change(scope, request);
        if (!next) return next;
        if (!mitigation::in_force(*next)) {
            return base::fail(ErrorCode::conflict, "is not in force", request.id.to_string(),
                              "approve it first");
        }
        const auto now = wall();
        if (until <= now || until > now + seconds(config_.limits.max_expiry_s)) {
            return base::fail(ErrorCode::invalid_argument,
                              "lies in the past, or further ahead than limits.max_expiry_s", "until",
                              "at most " + std::to_string(config_.limits.max_expiry_s) + " s from now");
        }
        if (auto status = audit(scope, request, "mitigation.extend", *next, request.reason); !status) {
            return std::unexpected(status.error());
        }
        next->state = MitigationState::active;
        next->held_until = until;
        next->expires_at = std::max(until, attacked(*next) ? next->expires_at : until);
        next->reason = "extended by " + request.actor + (request.reason.empty() ? "" : ": " + request.reason);
        result = change(*next, MitigationChange::extended, next->reason, now);
        publish();
    }
    notices_.deliver();
    return result;
}

namespace {

// "level strong; verify only watches", for people.
std::string words_of(const MitigationService::GuardOrder& order) {
    std::string text;
    if (order.level) {
        text = *order.level ? "level " + std::string(model::to_string(**order.level))
                            : "the level rises and falls by itself";
    }
    if (!order.watched) return text;
    if (!text.empty()) text += "; ";
    std::string stages;
    for (const auto& name : model::names_of(*order.watched)) stages += (stages.empty() ? "" : ", ") + name;
    return text + (stages.empty() ? "no stage only watches" : "only watched: " + stages);
}

}  // namespace

base::Result<Mitigation> MitigationService::Impl::set_guard(const TenantScope& scope, const Request& request,
                                                            const GuardOrder& order) {
    base::Result<Mitigation> result;
    {
        const std::lock_guard lock(mutex_);
        auto next = to_change(scope, request);
        if (!next) return next;
        if (next->kind != MitigationKind::divert) {
            return base::fail(ErrorCode::conflict, "diverts nothing: it has no guard",
                              request.id.to_string());
        }
        if (order.watched && (*order.watched & ~model::watchable_stages) != 0) {
            return base::fail(ErrorCode::invalid_argument, "names a stage that can not only watch", "watch",
                              "reflection, verify, anomaly, protocol, rate");
        }
        const std::string words = words_of(order);
        const std::string why = request.reason.empty() ? words : words + ": " + request.reason;
        if (auto status = audit(scope, request, "mitigation.guard", *next, why); !status) {
            return std::unexpected(status.error());
        }
        if (order.level) {
            next->guard.pinned = *order.level;
            if (*order.level && **order.level != next->guard.level) {
                next->guard.level = **order.level;
                next->guard.level_since = wall();
            }
        }
        if (order.watched) next->guard.watched = *order.watched;
        guards_.erase(next->id);
        result = change(*next, MitigationChange::guard_changed, "guard set by " + request.actor + ": " + why,
                        wall());
        publish();
    }
    notices_.deliver();
    return result;
}

}  // namespace sluice::mitigation
