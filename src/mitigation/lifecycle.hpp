// What becomes of one live mitigation, as a plain function of its consent, its attack and the time:
//
//   proposed ──consent auto──▶ active ──attack over──▶ cooling ──hold-down over──▶ withdrawn
//      │  ▲                    │  ▲ └──────attack is back─┘
//      │  └────consent ask─────┘  └ renewed while the attack lasts
//      └─ attack over, consent off, expired ─▶ withdrawn
#pragma once

#include <optional>
#include <string>

#include "base/clock.hpp"
#include "mitigation/consent.hpp"
#include "mitigation/mitigation_service.hpp"
#include "mitigation/ports.hpp"
#include "model/mitigation.hpp"

namespace sluice::mitigation {

struct Circumstances {
    std::optional<TargetConsent> consent;  // empty: the target is not the tenant's any more
    bool consent_known = true;
    bool attacked = false;
    bool attack_known = true;  // false after a start, until its incident has been told
    base::Timestamp now;
};

struct Transition {
    model::Mitigation next;
    std::optional<MitigationChange> news;  // empty: nothing that people need to hear
};

// The next step, or nothing; to be asked again after each step.
[[nodiscard]] std::optional<Transition> next_step(const model::Mitigation& mitigation,
                                                  const Circumstances& circumstances,
                                                  const ServiceConfig& config);

[[nodiscard]] inline bool in_force(const model::Mitigation& mitigation) {
    return mitigation.state == model::MitigationState::active ||
           mitigation.state == model::MitigationState::cooling;
}
[[nodiscard]] inline bool by_a_person(const model::Mitigation& mitigation) {
    return !mitigation.actor.empty() && mitigation.actor != "auto";
}

}  // namespace sluice::mitigation
