// The programs that all gateways are to have: what the policy says of a tenant (resolver) with its diverted
// targets, each with a generation. Generations grow over all tenants and over restarts, so that one number
// acknowledges everything up to it.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "mitigation/ports.hpp"
#include "model/tenant_program.hpp"

namespace sluice::mitigation {

// Makes a tenant's program of its policy and its diverted targets (policy/). The generation is set by the
// book.
class ProgramResolver {
  public:
    virtual ~ProgramResolver() = default;
    [[nodiscard]] virtual base::Result<model::TenantProgram> resolve(
        model::TenantId tenant, const std::vector<DivertTarget>& targets) = 0;
};

// Where programs go (rpc::LinkServer through an adapter). In order; must not block.
class ProgramSink {
  public:
    virtual ~ProgramSink() = default;
    virtual void on_program(const model::TenantProgram& program) = 0;
    virtual void on_program_removed(model::TenantId tenant, std::uint64_t generation) = 0;
};

// Thread-safe.
class ProgramBook final : public ProgramPort {
  public:
    ProgramBook(ProgramResolver& resolver, ProgramSink& sink, const base::Clock& clock);

    base::Result<std::uint64_t> set_targets(model::TenantId tenant,
                                            const std::vector<DivertTarget>& targets) override;
    // The tenant is new, or its policy has changed: the same targets under the new policy.
    [[nodiscard]] base::Result<std::uint64_t> refresh(model::TenantId tenant);
    void remove(model::TenantId tenant);

    [[nodiscard]] std::vector<model::TenantProgram> programs() const;
    // Nothing: the tenant has none.
    [[nodiscard]] std::optional<model::TenantProgram> program_of(model::TenantId tenant) const;

  private:
    base::Result<std::uint64_t> resolve_and_send(model::TenantId tenant,
                                                 const std::vector<DivertTarget>& targets);
    [[nodiscard]] std::uint64_t next_generation();

    ProgramResolver& resolver_;
    ProgramSink& sink_;
    const base::Clock& clock_;
    mutable std::mutex mutex_;
    std::map<model::TenantId, std::vector<DivertTarget>> targets_;
    std::map<model::TenantId, model::TenantProgram> programs_;
    std::uint64_t generation_ = 0;
};

}  // namespace sluice::mitigation
