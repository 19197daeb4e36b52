// Users and their credentials within one transaction.
#pragma once

#include "store/sqlite/connection.hpp"
#include "tenancy/repositories.hpp"

namespace sluice::store::sqlite {

class UserTable final : public tenancy::UserRepository {
  public:
    explicit UserTable(Connection& connection) : connection_(connection) {}

    base::Result<model::User> insert(const model::TenantScope& scope, const model::User& draft) override;
    base::Result<model::User> update(const model::TenantScope& scope, const model::User& user) override;
    base::Status remove(const model::TenantScope& scope, model::UserId id) override;
    base::Result<model::User> find(const model::TenantScope& scope, model::UserId id) override;
    base::Result<model::User> find_login(const model::TenantScope& scope, std::string_view login) override;
    base::Result<std::vector<model::User>> list(const model::TenantScope& scope,
                                                std::optional<model::TenantId> tenant, model::UserId after,
                                                std::size_t limit) override;
    base::Result<std::size_t> count(model::Role role) override;

  private:
    Connection& connection_;
};

class CredentialTable final : public tenancy::CredentialRepository {
  public:
    explicit CredentialTable(Connection& connection) : connection_(connection) {}

    base::Result<std::string> password_hash(model::UserId user) override;
    base::Status set_password_hash(model::UserId user, const std::string& hash) override;
    base::Result<tenancy::Credential> insert(const tenancy::Credential& draft,
                                             const tenancy::SecretHash& hash) override;
    base::Result<tenancy::Credential> find(const tenancy::SecretHash& hash) override;
    base::Result<std::vector<tenancy::Credential>> list(model::UserId user, tenancy::CredentialKind kind,
                                                        model::TokenId after, std::size_t limit) override;
    base::Status remove(model::UserId user, model::TokenId id) override;
    base::Status remove_sessions(model::UserId user, model::TokenId keep) override;
    base::Status remove_expired(base::Timestamp now) override;

  private:
    Connection& connection_;
};

}  // namespace sluice::store::sqlite
