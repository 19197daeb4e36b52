// The audit log as its readers and other modules see it. The services of tenancy write their entries inside
// of their own transactions.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "model/tenant_scope.hpp"
#include "tenancy/audit_entry.hpp"
#include "tenancy/caller.hpp"
#include "tenancy/unit_of_work.hpp"

namespace sluice::tenancy {

// What was done; the rest of the entry comes from the caller and the clock.
struct AuditedAction {
    model::TenantId tenant;
    std::string action;
    std::string object;
    std::string before;
    std::string after;
    std::string reason;
};

// Thread-safe.
class AuditLog {
  public:
    struct Dependencies {
        UnitOfWork& store;
        const base::Clock& clock;
    };
    explicit AuditLog(Dependencies dependencies);

    // Of an action elsewhere (mitigation …). On disk when it returns. Texts are cut at 16,384 bytes.
    [[nodiscard]] base::Result<AuditEntry> record(const Caller& caller, const AuditedAction& action);
    // Several, in this order: all of them, or none.
    [[nodiscard]] base::Status record_all(const Caller& caller, std::span<const AuditedAction> actions);
    // Newest first, ids below `before`.
    [[nodiscard]] base::Result<std::vector<AuditEntry>> list(const model::TenantScope& scope,
                                                             std::optional<model::TenantId> tenant,
                                                             model::AuditEntryId before,
                                                             std::size_t limit) const;
    // Recomputes every hash of one committed state. Takes time in proportion to the entries.
    [[nodiscard]] base::Result<AuditVerification> verify() const;

    // Inside of a transaction of this module.
    [[nodiscard]] static base::Status append(Transaction& transaction, const Caller& caller,
                                             base::Timestamp now, AuditedAction action);

  private:
    Dependencies dependencies_;
};

}  // namespace sluice::tenancy
