// The audit log within one transaction: appended to, never changed. The newest entry's hash also stands in a
// row of its own, so that a cut-off end shows.
#pragma once

#include "store/sqlite/connection.hpp"
#include "tenancy/repositories.hpp"

namespace sluice::store::sqlite {

class AuditTable final : public tenancy::AuditRepository {
  public:
    explicit AuditTable(Connection& connection) : connection_(connection) {}

    base::Result<tenancy::AuditEntry> append(const tenancy::AuditEntry& draft) override;
    base::Result<std::vector<tenancy::AuditEntry>> list(const model::TenantScope& scope,
                                                        std::optional<model::TenantId> tenant,
                                                        model::AuditEntryId before,
                                                        std::size_t limit) override;
    base::Result<std::vector<tenancy::AuditEntry>> chain(model::AuditEntryId after,
                                                         std::size_t limit) override;
    base::Result<tenancy::AuditEntry> head() override;

  private:
    Connection& connection_;
};

}  // namespace sluice::store::sqlite
