#include "mitigation/lifecycle.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace sluice::mitigation {
namespace {

using model::ConsentMode;
using model::Mitigation;
using model::MitigationKind;
using model::MitigationState;

Transition to(Mitigation next, MitigationState state, std::string reason,
              std::optional<MitigationChange> news) {
    next.state = state;
    next.reason = std::move(reason);
    return {std::move(next), news};
}

std::optional<Transition> by_consent(const Mitigation& m, const Circumstances& c) {
    if (!c.consent_known) return std::nullopt;  // the gate lets nothing new pass meanwhile
    if (!c.consent) {
        return to(m, MitigationState::withdrawn, "the target does not belong to the tenant any more",
                  MitigationChange::withdrawn);
    }
    const std::string prefix = c.consent->prefix.to_string();
    if (c.consent->mode == ConsentMode::off) {
        return to(m, MitigationState::withdrawn, "consent for " + prefix + " is off",
                  MitigationChange::withdrawn);
    }
    if (c.consent->mode == ConsentMode::ask && in_force(m) && !by_a_person(m)) {
        auto step = to(m, MitigationState::proposed, "waits for approval: consent for " + prefix + " is ask",
                       MitigationChange::proposed);
        step.next.actor.clear();
        return step;
    }
    return std::nullopt;
}

std::optional<Transition> expired(const Mitigation& m, const Circumstances& c) {
    if (m.expires_at > c.now) return std::nullopt;
    const char* reason = m.state == MitigationState::cooling    ? "the attack is over"
                         : m.state == MitigationState::proposed ? "nobody approved it in time"
                                                                : "it expired";
    return to(m, MitigationState::withdrawn, reason, MitigationChange::withdrawn);
}

std::optional<Transition> under_attack(const Mitigation& m, const Circumstances& c,
                                       const ServiceConfig& config) {
    const auto expiry = std::chrono::seconds(config.limits.expiry_s);
    const auto renewed = std::max(c.now + expiry, m.held_until);
    const bool renew = m.expires_at - c.now <= expiry / 2;
    std::optional<Transition> step;
    if (m.state == MitigationState::cooling) {
        step = to(m, MitigationState::active, "the attack is back", MitigationChange::resumed);
    } else if (m.state == MitigationState::proposed && c.consent_known && c.consent &&
               c.consent->mode == ConsentMode::automatic &&
               (m.kind != MitigationKind::blackhole || config.blackhole.mode == ConsentMode::automatic)) {
        step = to(m, MitigationState::active, "consent for " + c.consent->prefix.to_string() + " is auto",
                  MitigationChange::activated);
        step->next.actor = "auto";
    } else if (renew) {
        step = Transition{m, std::nullopt};
    }
    if (step) step->next.expires_at = renewed;
    return step;
}

std::optional<Transition> after_attack(const Mitigation& m, const Circumstances& c,
                                       const ServiceConfig& config) {
    if (m.state == MitigationState::proposed) {
        return to(m, MitigationState::withdrawn, "the attack ended before anybody approved",
                  MitigationChange::withdrawn);
    }
    if (m.state == MitigationState::active && m.held_until <= c.now) {
        auto step = to(m, MitigationState::cooling, "the attack is over", MitigationChange::cooling);
        step.next.expires_at = c.now + std::chrono::seconds(config.limits.cooling_s);
        return step;
    }
    return std::nullopt;
}

}  // namespace

std::optional<Transition> next_step(const Mitigation& m, const Circumstances& c,
                                    const ServiceConfig& config) {
    if (m.state == MitigationState::withdrawn) return std::nullopt;
    if (auto step = by_consent(m, c)) return step;
    if (auto step = expired(m, c)) return step;
    if (c.attacked) return under_attack(m, c, config);
    if (c.attack_known) return after_attack(m, c, config);
    return std::nullopt;
}

}  // namespace sluice::mitigation
