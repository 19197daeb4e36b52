// What mitigation asks tenancy and policy for, answered from the board in memory.
#pragma once

#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "mitigation/ports.hpp"
#include "mitigation/program_book.hpp"
#include "tenancy/policy_board.hpp"

namespace sluice::apps::controller {

// Thread-safe.
class PrefixBoard final : public mitigation::PrefixSource {
  public:
    explicit PrefixBoard(const tenancy::PolicyBoard& board) : board_(board) {}
    [[nodiscard]] base::Result<std::vector<model::TenantPrefix>> prefixes_of(
        model::TenantId tenant) const override;
    [[nodiscard]] std::uint64_t line_rate_bps(model::TenantId tenant,
                                              const net::Prefix& target) const override;
    [[nodiscard]] model::MitigationLimits limits_of(model::TenantId tenant) const override;
    [[nodiscard]] std::optional<model::GuardLevel> guard_level_of(model::TenantId tenant) const override;

  private:
    const tenancy::PolicyBoard& board_;
};

// Thread-safe.
class PolicyResolver final : public mitigation::ProgramResolver {
  public:
    PolicyResolver(const tenancy::PolicyBoard& board, const base::Clock& clock)
        : board_(board), clock_(clock) {}
    [[nodiscard]] base::Result<model::TenantProgram> resolve(
        model::TenantId tenant, const std::vector<mitigation::DivertTarget>& targets) override;

  private:
    const tenancy::PolicyBoard& board_;
    const base::Clock& clock_;
};

}  // namespace sluice::apps::controller
