// Where incidents are kept, with their findings and timelines. Implemented by store/.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "base/result.hpp"
#include "model/ids.hpp"
#include "model/incident.hpp"
#include "model/tenant_scope.hpp"

namespace sluice::incident {

struct IncidentQuery {
    std::optional<model::TenantId> tenant;
    bool not_closed_only = false;
    model::IncidentId before;  // paging: only ids smaller than this; none: from the newest
    std::size_t limit = 100;
};

// When a call returns success, it is on disk. Thread-safe. A scope that does not allow the tenant sees
// not_found.
class IncidentRepository {
  public:
    virtual ~IncidentRepository() = default;

    // Gives the draft its id and version 1.
    [[nodiscard]] virtual base::Result<model::Incident> create(const model::TenantScope& scope,
                                                               const model::Incident& draft) = 0;
    // Several, in this order: all of them, or none.
    [[nodiscard]] virtual base::Result<std::vector<model::Incident>> create_all(
        const model::TenantScope& scope, std::span<const model::Incident> drafts) = 0;
    // Replaces the stored one, findings and timeline included, whose version must be incident.version;
    // returns it with the next version. Errors: not_found, conflict.
    [[nodiscard]] virtual base::Result<model::Incident> update(const model::TenantScope& scope,
                                                               const model::Incident& incident) = 0;
    [[nodiscard]] virtual base::Result<std::vector<model::Incident>> update_all(
        const model::TenantScope& scope, std::span<const model::Incident> incidents) = 0;
    [[nodiscard]] virtual base::Result<model::Incident> find(const model::TenantScope& scope,
                                                             model::IncidentId id) = 0;
    // Newest first.
    [[nodiscard]] virtual base::Result<std::vector<model::Incident>> list(const model::TenantScope& scope,
                                                                          const IncidentQuery& query) = 0;
};

}  // namespace sluice::incident
