// Tenants, sites, prefixes and protections within one transaction.
#pragma once

#include "store/sqlite/connection.hpp"
#include "tenancy/repositories.hpp"

namespace sluice::store::sqlite {

class TenantTable final : public tenancy::TenantRepository {
  public:
    explicit TenantTable(Connection& connection) : connection_(connection) {}

    base::Result<model::Tenant> insert(const model::TenantScope& scope, const model::Tenant& draft) override;
    base::Result<model::Tenant> update(const model::TenantScope& scope, const model::Tenant& tenant) override;
    base::Status remove(const model::TenantScope& scope, model::TenantId id) override;
    base::Result<model::Tenant> find(const model::TenantScope& scope, model::TenantId id) override;
    base::Result<model::Tenant> find_slug(const model::TenantScope& scope, std::string_view slug) override;
    base::Result<std::vector<model::Tenant>> list(const model::TenantScope& scope, model::TenantId after,
                                                  std::size_t limit) override;
    base::Result<std::size_t> count() override;
    base::Result<bool> in_force(model::TenantId id, const std::optional<net::Prefix>& within) override;

  private:
    Connection& connection_;
};

class SiteTable final : public tenancy::SiteRepository {
  public:
    explicit SiteTable(Connection& connection) : connection_(connection) {}

    base::Result<model::Site> insert(const model::TenantScope& scope, const model::Site& draft) override;
    base::Result<model::Site> update(const model::TenantScope& scope, const model::Site& site) override;
    base::Status remove(const model::TenantScope& scope, model::SiteId id) override;
    base::Result<model::Site> find(const model::TenantScope& scope, model::SiteId id) override;
    base::Result<std::vector<model::Site>> list(const model::TenantScope& scope,
                                                std::optional<model::TenantId> tenant, model::SiteId after,
                                                std::size_t limit) override;

  private:
    Connection& connection_;
};

class PrefixTable final : public tenancy::PrefixRepository {
  public:
    explicit PrefixTable(Connection& connection) : connection_(connection) {}

    base::Result<model::TenantPrefix> insert(const model::TenantScope& scope,
                                             const model::TenantPrefix& draft) override;
    base::Result<model::TenantPrefix> update(const model::TenantScope& scope,
                                             const model::TenantPrefix& prefix) override;
    base::Status remove(const model::TenantScope& scope, const net::Prefix& prefix) override;
    base::Result<model::TenantPrefix> find(const model::TenantScope& scope,
                                           const net::Prefix& prefix) override;
    base::Result<std::vector<model::TenantPrefix>> list(const model::TenantScope& scope,
                                                        std::optional<model::TenantId> tenant,
                                                        const std::optional<net::Prefix>& after,
                                                        std::size_t limit) override;

  private:
    Connection& connection_;
};

class ProtectionTable final : public tenancy::ProtectionRepository {
  public:
    explicit ProtectionTable(Connection& connection) : connection_(connection) {}

    base::Result<model::ProtectionPolicy> find(const model::TenantScope& scope,
                                               model::TenantId tenant) override;
    base::Status put(const model::TenantScope& scope, model::TenantId tenant,
                     const model::ProtectionPolicy& policy) override;
    base::Result<std::uint64_t> version() override;
    base::Result<std::uint64_t> next_version() override;

  private:
    Connection& connection_;
};

}  // namespace sluice::store::sqlite
