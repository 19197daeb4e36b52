// Who is logged in at which of a tenant's addresses, within one transaction.
#pragma once

#include "store/sqlite/connection.hpp"
#include "tenancy/repositories.hpp"

namespace sluice::store::sqlite {

class UserBindingTable final : public tenancy::UserBindingRepository {
  public:
    explicit UserBindingTable(Connection& connection) : connection_(connection) {}

    base::Result<std::optional<model::UserBinding>> find(const model::TenantScope& scope,
                                                         const model::UserBindingKey& key) override;
    base::Status put(const model::TenantScope& scope, const model::UserBinding& binding) override;
    base::Status remove(const model::TenantScope& scope, const model::UserBindingKey& key) override;
    base::Result<std::vector<model::UserBinding>> list(const model::TenantScope& scope,
                                                       model::TenantId tenant,
                                                       const std::optional<net::Prefix>& after,
                                                       base::Timestamp now, std::size_t limit) override;
    base::Result<std::vector<model::UserBinding>> all(base::Timestamp now) override;
    base::Result<std::size_t> count(model::TenantId tenant) override;
    base::Result<std::vector<model::UserBindingKey>> expired(base::Timestamp now) override;
    base::Status remove_expired(base::Timestamp now) override;

  private:
    [[nodiscard]] base::Status check_tenant(const model::TenantScope& scope, model::TenantId tenant);

    Connection& connection_;
};

}  // namespace sluice::store::sqlite
