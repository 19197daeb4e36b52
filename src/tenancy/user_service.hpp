// People: the provider's staff and the customers' users, with their roles and passwords.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "model/tenant.hpp"
#include "tenancy/caller.hpp"
#include "tenancy/password_hasher.hpp"
#include "tenancy/unit_of_work.hpp"

namespace sluice::tenancy {

struct UserLimits {
    std::size_t max_users_per_tenant = 1000;
    std::size_t min_password_characters = 12;
    std::size_t max_password_bytes = 1024;
    std::size_t max_page = 1000;
};

struct UserChange {
    std::optional<model::Role> role;
    std::optional<bool> disabled;
};

// Errors as DirectoryService. Thread-safe.
class UserService {
  public:
    struct Dependencies {
        UnitOfWork& store;
        PasswordHasher& hasher;
        const base::Clock& clock;
    };

    UserService(UserLimits limits, Dependencies dependencies);

    // The first operator_admin of a new installation; nothing happens when there is one already (false).
    [[nodiscard]] base::Result<bool> ensure_operator(const std::string& login, const std::string& password);

    // tenant none: the provider's staff. Without a password the user cannot log in until one is set.
    [[nodiscard]] base::Result<model::User> create(const Caller& caller, model::TenantId tenant,
                                                   const std::string& login, model::Role role,
                                                   const std::optional<std::string>& password);
    // A disabled user's sessions and tokens stop working at once. The last operator_admin stays one
    // (conflict).
    [[nodiscard]] base::Result<model::User> change(const Caller& caller, model::UserId id,
                                                   std::uint64_t version, const UserChange& change);
    // Nobody removes himself, and the last operator_admin stays (conflict).
    [[nodiscard]] base::Status remove(const Caller& caller, model::UserId id);
    // One's own with the present password (forbidden when it is wrong), an admin those of others without. All
    // sessions of the user end, except `keep`.
    [[nodiscard]] base::Status set_password(const Caller& caller, model::UserId id,
                                            const std::string& password,
                                            const std::optional<std::string>& present,
                                            model::TokenId keep = {});
    [[nodiscard]] base::Result<model::User> find(const model::TenantScope& scope, model::UserId id) const;
    [[nodiscard]] base::Result<std::vector<model::User>> list(const model::TenantScope& scope,
                                                              std::optional<model::TenantId> tenant,
                                                              model::UserId after, std::size_t limit) const;

  private:
    [[nodiscard]] base::Status check_password(const std::string& password) const;

    const UserLimits limits_;
    Dependencies dependencies_;
};

}  // namespace sluice::tenancy
