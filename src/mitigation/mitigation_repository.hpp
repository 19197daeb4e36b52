// Where mitigations are kept: the desired state that survives a kill. Implemented by store/.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "base/result.hpp"
#include "model/ids.hpp"
#include "model/mitigation.hpp"
#include "model/tenant_scope.hpp"

namespace sluice::mitigation {

struct MitigationQuery {
    std::optional<model::TenantId> tenant;
    std::optional<model::IncidentId> incident;
    bool live_only = false;      // proposed, active and cooling
    model::MitigationId before;  // paging: only ids smaller than this; none: from the newest
    std::size_t limit = 100;
};

// When a call returns success, it is on disk. Thread-safe. A scope that does not allow the tenant sees
// not_found.
class MitigationRepository {
  public:
    virtual ~MitigationRepository() = default;

    // Gives the draft its id and version 1. conflict: one of this incident, kind and target (for flowspec:
    // Route::key of its rule) is already live.
    [[nodiscard]] virtual base::Result<model::Mitigation> create(const model::TenantScope& scope,
                                                                 const model::Mitigation& draft) = 0;
    // Several, in this order: all of them, or none.
    [[nodiscard]] virtual base::Result<std::vector<model::Mitigation>> create_all(
        const model::TenantScope& scope, std::span<const model::Mitigation> drafts) = 0;
    // Replaces the stored one, whose version must be mitigation.version; returns it with the next version.
    // Errors: not_found, conflict (the version moved on).
    [[nodiscard]] virtual base::Result<model::Mitigation> update(const model::TenantScope& scope,
                                                                 const model::Mitigation& mitigation) = 0;
    [[nodiscard]] virtual base::Result<model::Mitigation> find(const model::TenantScope& scope,
                                                               model::MitigationId id) = 0;
    // Newest first.
    [[nodiscard]] virtual base::Result<std::vector<model::Mitigation>> list(const model::TenantScope& scope,
                                                                            const MitigationQuery& query) = 0;
};

}  // namespace sluice::mitigation
