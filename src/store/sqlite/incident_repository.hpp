// Incidents in SQLite. Thread-safe.
#pragma once

#include "incident/incident_repository.hpp"
#include "store/sqlite/database.hpp"

namespace sluice::store::sqlite {

class SqliteIncidentRepository final : public incident::IncidentRepository {
  public:
    explicit SqliteIncidentRepository(Database& database) : database_(database) {}

    base::Result<model::Incident> create(const model::TenantScope& scope,
                                         const model::Incident& draft) override;
    base::Result<model::Incident> update(const model::TenantScope& scope,
                                         const model::Incident& incident) override;
    base::Result<std::vector<model::Incident>> create_all(const model::TenantScope& scope,
                                                          std::span<const model::Incident> drafts) override;
    base::Result<std::vector<model::Incident>> update_all(
        const model::TenantScope& scope, std::span<const model::Incident> incidents) override;
    base::Result<model::Incident> find(const model::TenantScope& scope, model::IncidentId id) override;
    base::Result<std::vector<model::Incident>> list(const model::TenantScope& scope,
                                                    const incident::IncidentQuery& query) override;

  private:
    Database& database_;
};

}  // namespace sluice::store::sqlite
