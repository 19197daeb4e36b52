// Mitigations, the desired state, in SQLite. Thread-safe.
#pragma once

#include "mitigation/mitigation_repository.hpp"
#include "store/sqlite/database.hpp"

namespace sluice::store::sqlite {

class SqliteMitigationRepository final : public mitigation::MitigationRepository {
  public:
    explicit SqliteMitigationRepository(Database& database) : database_(database) {}

    base::Result<model::Mitigation> create(const model::TenantScope& scope,
                                           const model::Mitigation& draft) override;
    base::Result<model::Mitigation> update(const model::TenantScope& scope,
                                           const model::Mitigation& mitigation) override;
    base::Result<std::vector<model::Mitigation>> create_all(
        const model::TenantScope& scope, std::span<const model::Mitigation> drafts) override;
    base::Result<model::Mitigation> find(const model::TenantScope& scope, model::MitigationId id) override;
    base::Result<std::vector<model::Mitigation>> list(const model::TenantScope& scope,
                                                      const mitigation::MitigationQuery& query) override;

  private:
    Database& database_;
};

}  // namespace sluice::store::sqlite
