// What to do about an incident: a plain function of the incident, the tenant's prefixes with their consent,
// the limits, and what is done already. The same answer for the same input, and nothing twice.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "mitigation/consent.hpp"
#include "mitigation/mitigation_service.hpp"
#include "model/finding.hpp"
#include "model/incident.hpp"
#include "model/mitigation.hpp"
#include "model/tenant.hpp"

namespace sluice::mitigation {

struct PlanInput {
    const model::Incident& incident;
    std::span<const model::TenantPrefix> prefixes;
    std::vector<model::Mitigation> live;      // the tenant's: proposed, active and cooling
    std::vector<model::Mitigation> declined;  // of this incident, withdrawn by a person
    std::function<std::uint64_t(const net::Prefix&)> line_rate_bps;
    base::Timestamp now;
};

struct Plan {
    std::vector<model::Mitigation> drafts;  // active, or proposed where a person is to be asked
    std::vector<std::string> refusals;      // why nothing is done about some target, for people
};

// A diversion's vectors and those that its incident's open findings have shown since: an attack that changes
// its shape is met by more countermeasures. They only become more: what has been seen may come back.
[[nodiscard]] std::vector<model::AttackVector> vectors_since(const model::Mitigation& diversion,
                                                             const model::Incident& incident);

class Planner {
  public:
    explicit Planner(const ServiceConfig& config) : config_(config) {}

    [[nodiscard]] Plan plan(const PlanInput& input) const;

  private:
    void plan_finding(const PlanInput& input, const model::Finding& finding, Plan& plan) const;
    void plan_flowspec(const PlanInput& input, const model::Finding& finding, const TargetConsent& consent,
                       Plan& plan) const;
    // Why the attack cannot be cleaned; empty when it can.
    [[nodiscard]] std::string beyond_cleaning(const PlanInput& input, const model::Finding& finding) const;

    const ServiceConfig config_;
};

}  // namespace sluice::mitigation
