// The tenants of a replay: states made of their policies, and what the mitigation services ask of them.
#pragma once

#include <optional>
#include <vector>

#include "mitigation/ports.hpp"
#include "mitigation/program_book.hpp"
#include "model/tenant_policy.hpp"
#include "model/tenant_state.hpp"

namespace sluice::replay {

// Immutable after construction.
class TenantDirectory final : public mitigation::PrefixSource, public mitigation::ProgramResolver {
  public:
    // Schedules of firewalls are those of the moment `at`.
    TenantDirectory(const std::vector<model::TenantPolicy>& policies, base::Timestamp at);

    [[nodiscard]] const std::vector<model::TenantState>& tenants() const { return tenants_; }
    [[nodiscard]] std::vector<model::DetectionPolicy> detection_policies() const;

    base::Result<std::vector<model::TenantPrefix>> prefixes_of(model::TenantId tenant) const override;
    std::uint64_t line_rate_bps(model::TenantId tenant, const net::Prefix& target) const override;
    model::MitigationLimits limits_of(model::TenantId tenant) const override;
    std::optional<model::GuardLevel> guard_level_of(model::TenantId tenant) const override;
    base::Result<model::TenantProgram> resolve(model::TenantId tenant,
                                               const std::vector<mitigation::DivertTarget>& targets) override;

  private:
    [[nodiscard]] const model::TenantState* find(model::TenantId tenant) const;
    std::vector<model::TenantState> tenants_;
    base::Timestamp at_;
};

}  // namespace sluice::replay
