#include "tenancy/user_service.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "tenancy/audit_log.hpp"
#include "tenancy/repositories.hpp"
#include "tenancy/service_steps.hpp"
#include "tenancy/text_rules.hpp"

namespace sluice::tenancy {

using base::ErrorCode;
using model::Role;
using model::User;

namespace {

constexpr auto admins = {Role::operator_admin, Role::tenant_admin};

// A tenant's role needs a tenant, an operator's must have none, and a tenant's admin makes no operators.
base::Status check_role(const Caller& caller, model::TenantId tenant, Role role) {
    if (model::is_operator(role) && !tenant.is_none())
        return base::fail(ErrorCode::invalid_argument,
                          fmt::format("{} is a role of the provider's staff", model::to_string(role)), "role",
                          "write tenant_admin or tenant_viewer");
    if (!model::is_operator(role) && tenant.is_none())
        return base::fail(ErrorCode::invalid_argument,
                          fmt::format("{} needs a tenant", model::to_string(role)), "role",
                          "name the tenant, or write operator_admin or operator_viewer");
    if (model::is_operator(role) && caller.role != Role::operator_admin)
        return base::fail(ErrorCode::forbidden, "only the provider's administrators make operators", "role");
    return {};
}

base::Status check_last_operator(Transaction& transaction, const User& user) {
    if (user.role != Role::operator_admin || user.disabled) return {};
    const auto count = transaction.users().count(Role::operator_admin);
    if (!count) return std::unexpected(count.error());
    if (*count > 1) return {};
    return base::fail(ErrorCode::conflict, "this is the last operator_admin", "role",
                      "make another one first");
}

std::string describe(const User& user) {
    return fmt::format("{}{}", model::to_string(user.role), user.disabled ? ", disabled" : "");
}

template <class T, class Work>
base::Result<T> write_one(UnitOfWork& store, const Work& work) {
    T value{};
    const auto status =
        store.write([&](Transaction& transaction) -> base::Status { return work(transaction, value); });
    if (!status) return std::unexpected(status.error());
    return value;
}

}  // namespace

UserService::UserService(UserLimits limits, Dependencies dependencies)
    : limits_(limits), dependencies_(dependencies) {}

base::Status UserService::check_password(const std::string& password) const {
    const auto characters =
        static_cast<std::size_t>(std::count_if(password.begin(), password.end(), [](char c) {
            return (static_cast<unsigned char>(c) & 0xc0U) != 0x80;
        }));
    if (characters < limits_.min_password_characters)
        return base::fail(ErrorCode::invalid_argument,
                          fmt::format("the password has {} characters", characters), "password",
                          fmt::format("write at least {}", limits_.min_password_characters));
    if (password.size() > limits_.max_password_bytes)
        return base::fail(ErrorCode::invalid_argument,
                          fmt::format("the password has {} bytes", password.size()), "password",
                          fmt::format("write at most {}", limits_.max_password_bytes));
    return {};
}

base::Result<bool> UserService::ensure_operator(const std::string& login, const std::string& password) {
    const auto present = read_one<std::size_t>(dependencies_.store, [](Transaction& transaction) {
        return transaction.users().count(Role::operator_admin);
    });
    if (!present) return std::unexpected(present.error());
    if (*present > 0) return false;
    const auto made = create(platform_caller("setup"), {}, login, Role::operator_admin, password);
    if (!made) return std::unexpected(made.error());
    return true;
}

base::Result<User> UserService::create(const Caller& caller, model::TenantId tenant, const std::string& login,
                                       Role role, const std::optional<std::string>& password) {
    if (const auto status = only(caller, admins); !status) return std::unexpected(status.error());
    if (const auto status = check_login(login); !status) return std::unexpected(status.error());
    if (const auto status = check_role(caller, tenant, role); !status) return std::unexpected(status.error());
    std::string hash;
    if (password) {
        if (const auto status = check_password(*password); !status) return std::unexpected(status.error());
        auto made = dependencies_.hasher.hash(*password);
        if (!made) return std::unexpected(made.error());
        hash = std::move(*made);
    }
    return write_one<User>(dependencies_.store, [&](Transaction& transaction, User& result) -> base::Status {
        if (!tenant.is_none()) {
            const auto present =
                transaction.users().list(caller.scope, tenant, {}, limits_.max_users_per_tenant);
            if (!present) return std::unexpected(present.error());
            if (present->size() >= limits_.max_users_per_tenant)
                return too_many("users of a tenant", limits_.max_users_per_tenant);
        }
        auto stored = transaction.users().insert(caller.scope, {{}, tenant, login, role, false, 0});
        if (!stored) return std::unexpected(stored.error());
        result = *stored;
        if (!hash.empty()) {
            if (const auto status = transaction.credentials().set_password_hash(result.id, hash); !status)
                return status;
        }
        return AuditLog::append(transaction, caller, dependencies_.clock.wall(),
                                {tenant, "user.create", login, "", describe(result), ""});
    });
}

base::Result<User> UserService::change(const Caller& caller, model::UserId id, std::uint64_t version,
                                       const UserChange& change) {
    if (const auto status = only(caller, admins); !status) return std::unexpected(status.error());
    return write_one<User>(dependencies_.store, [&](Transaction& transaction, User& result) -> base::Status {
        auto user = transaction.users().find(caller.scope, id);
        if (!user) return std::unexpected(user.error());
        const User before = *user;
        user->role = change.role.value_or(user->role);
        user->disabled = change.disabled.value_or(user->disabled);
        user->version = version;
        if (const auto status = check_role(caller, user->tenant, user->role); !status) return status;
        if (user->role != before.role || user->disabled) {
            if (const auto status = check_last_operator(transaction, before); !status) return status;
        }
        auto stored = transaction.users().update(caller.scope, *user);
        if (!stored) return std::unexpected(stored.error());
        result = *stored;
        if (result.disabled && !before.disabled) {
            if (const auto status = transaction.credentials().remove_sessions(id, {}); !status) return status;
        }
        return AuditLog::append(
            transaction, caller, dependencies_.clock.wall(),
            {result.tenant, "user.change", result.login, describe(before), describe(result), ""});
    });
}

base::Status UserService::remove(const Caller& caller, model::UserId id) {
    if (const auto status = only(caller, admins); !status) return status;
    if (caller.user == id && !id.is_none())
        return base::fail(ErrorCode::conflict, "nobody removes himself", "user",
                          "let another administrator do it");
    return dependencies_.store.write([&](Transaction& transaction) -> base::Status {
        const auto user = transaction.users().find(caller.scope, id);
        if (!user) return std::unexpected(user.error());
        if (const auto status = check_last_operator(transaction, *user); !status) return status;
        if (const auto status = transaction.users().remove(caller.scope, id); !status) return status;
        return AuditLog::append(transaction, caller, dependencies_.clock.wall(),
                                {user->tenant, "user.remove", user->login, describe(*user), "", ""});
    });
}

base::Status UserService::set_password(const Caller& caller, model::UserId id, const std::string& password,
                                       const std::optional<std::string>& present, model::TokenId keep) {
    const bool own = caller.user == id && !id.is_none();
    User user;
    std::string stored_hash;
    const auto found = dependencies_.store.read([&](Transaction& transaction) -> base::Status {
        auto one = transaction.users().find(caller.scope, id);
        if (!one) return std::unexpected(one.error());
        user = *one;
        auto hash = transaction.credentials().password_hash(id);
        if (!hash) return std::unexpected(hash.error());
        stored_hash = std::move(*hash);
        return {};
    });
    if (!found) return found;
    if (!own) {
        if (const auto status = only(caller, admins); !status) return status;
    }
    if (const auto status = check_password(password); !status) return status;
    if (own) {
        const auto fits = dependencies_.hasher.verify(stored_hash, present.value_or(""));
        if (!fits) return std::unexpected(fits.error());
        if (!*fits)
            return base::fail(ErrorCode::forbidden, "the present password is wrong", "current_password",
                              "write the password that you sign in with");
    }
    const auto hash = dependencies_.hasher.hash(password);
    if (!hash) return std::unexpected(hash.error());
    return dependencies_.store.write([&](Transaction& transaction) -> base::Status {
        if (const auto status = transaction.credentials().set_password_hash(id, *hash); !status)
            return status;
        if (const auto status = transaction.credentials().remove_sessions(id, keep); !status) return status;
        return AuditLog::append(transaction, caller, dependencies_.clock.wall(),
                                {user.tenant, "user.password", user.login, "", "", ""});
    });
}

base::Result<User> UserService::find(const model::TenantScope& scope, model::UserId id) const {
    return read_one<User>(dependencies_.store,
                          [&](Transaction& transaction) { return transaction.users().find(scope, id); });
}

base::Result<std::vector<User>> UserService::list(const model::TenantScope& scope,
                                                  std::optional<model::TenantId> tenant, model::UserId after,
                                                  std::size_t limit) const {
    return read_one<std::vector<User>>(dependencies_.store, [&](Transaction& transaction) {
        return transaction.users().list(scope, tenant, after, std::min(limit, limits_.max_page));
    });
}

}  // namespace sluice::tenancy
