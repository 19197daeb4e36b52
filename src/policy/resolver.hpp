// From what a tenant wants to what collectors and gateways do: plain functions of the tenant's state and the
// attacks on it. The same answer for the same input.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "model/attack_vector.hpp"
#include "model/detection_policy.hpp"
#include "model/ids.hpp"
#include "model/tenant_program.hpp"
#include "model/tenant_state.hpp"
#include "net/prefix.hpp"

namespace sluice::policy {

// The thresholds of a tenant that has none of its own.
[[nodiscard]] std::vector<model::Threshold> default_thresholds(bool line_rate_known);

[[nodiscard]] model::DetectionPolicy resolve_detection(const model::TenantState& state,
                                                       std::uint64_t version);

// A diverted target and what it is attacked with.
struct AttackedTarget {
    net::Prefix prefix;
    model::MitigationId mitigation;
    std::vector<model::AttackVector> vectors;
    // What a person has said of it goes before the policy, the policy before the level that it has reached.
    model::GuardLevel level = model::GuardLevel::basic;
    std::optional<model::GuardLevel> pinned{};
    model::StageSet watched = 0;  // besides those of the policy
    model::UsualTraffic usual{};  // as the detector knew it when the diversion was made
};

// The program of a tenant whose `targets` are diverted, at the moment `at` (firewall_resolver.hpp:
// schedules). Its generation is set by who sends it. Fails only for what policy_reader does not take, or when
// the machine does not know the tenant's time zone.
[[nodiscard]] base::Result<model::TenantProgram> resolve_program(const model::TenantState& state,
                                                                 std::span<const AttackedTarget> targets,
                                                                 base::Timestamp at);

// A policy as a state of its own, without a store: for replays. Prefixes without a consent get `ask`.
[[nodiscard]] model::TenantState state_of(model::TenantId id, const model::TenantPolicy& policy);

}  // namespace sluice::policy
