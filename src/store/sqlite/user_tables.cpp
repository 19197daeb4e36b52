#include "store/sqlite/user_tables.hpp"

#include <fmt/format.h>

#include "store/sqlite/hex.hpp"
#include "store/sqlite/row_errors.hpp"
#include "store/sqlite/scope_filter.hpp"

namespace sluice::store::sqlite {

using base::ErrorCode;
using model::TenantId;
using model::TenantScope;
using model::User;
using model::UserId;
using tenancy::Credential;

namespace {

std::uint64_t number(const Statement& statement, int column) {
    return static_cast<std::uint64_t>(statement.integer(column));
}

// A user without a tenant is the provider's, and only the provider's scope sees him.
bool allows(const TenantScope& scope, TenantId tenant) {
    return tenant.is_none() ? scope.is_provider() : scope.allows(tenant);
}

void bind_tenant(Statement& statement, int index, TenantId tenant) {
    if (tenant.is_none())
        statement.bind_null(index);
    else
        statement.bind(index, tenant.value());
}

// id, tenant, login, role, disabled, version
base::Result<User> user_row(const Statement& row) {
    const auto role = model::parse_role(row.text(3));
    if (!role)
        return base::fail(ErrorCode::corrupt, "a stored role does not make sense", row.text(2),
                          "restore the store from a backup");
    return User{UserId(number(row, 0)), TenantId(number(row, 1)), row.text(2), *role, row.integer(4) != 0,
                number(row, 5)};
}

// id, user, kind, name, created_at, expires_at
Credential credential_row(const Statement& row) {
    Credential credential{model::TokenId(number(row, 0)),
                          UserId(number(row, 1)),
                          static_cast<tenancy::CredentialKind>(row.integer(2)),
                          row.text(3),
                          base::Timestamp{base::Duration{row.integer(4)}},
                          std::nullopt};
    if (!row.is_null(5)) credential.expires_at = base::Timestamp{base::Duration{row.integer(5)}};
    return credential;
}

}  // namespace

base::Result<User> UserTable::insert(const TenantScope& scope, const User& draft) {
    if (!allows(scope, draft.tenant)) return no_such("tenant", draft.tenant.to_string());
    if (!draft.tenant.is_none()) {
        Statement row = connection_.prepare("SELECT 1 FROM tenant WHERE id = ?1");
        if (!row.bind(1, draft.tenant.value()).step()) return no_such("tenant", draft.tenant.to_string());
    }
    {
        Statement taken = connection_.prepare("SELECT 1 FROM user WHERE login = ?1");
        if (taken.bind(1, draft.login).step())
            return base::fail(ErrorCode::conflict, fmt::format("the login '{}' is taken", draft.login),
                              "login", "choose another login");
    }
    {
        Statement row = connection_.prepare(
            "INSERT INTO user (tenant, login, role, disabled, version) VALUES (?1, ?2, ?3, ?4, 1)");
        bind_tenant(row, 1, draft.tenant);
        row.bind(2, draft.login)
            .bind(3, model::to_string(draft.role))
            .bind(4, static_cast<std::int64_t>(draft.disabled))
            .run();
    }
    User stored = draft;
    stored.id = UserId(connection_.last_row_id());
    stored.version = 1;
    return stored;
}

base::Result<User> UserTable::update(const TenantScope& scope, const User& user) {
    auto stored = find(scope, user.id);
    if (!stored) return stored;
    if (stored->version != user.version) return stale("user");
    User next = user;
    next.tenant = stored->tenant;
    next.login = stored->login;
    ++next.version;
    connection_.prepare("UPDATE user SET role = ?2, disabled = ?3, version = ?4 WHERE id = ?1")
        .bind(1, next.id.value())
        .bind(2, model::to_string(next.role))
        .bind(3, static_cast<std::int64_t>(next.disabled))
        .bind(4, next.version)
        .run();
    return next;
}

base::Status UserTable::remove(const TenantScope& scope, UserId id) {
    if (const auto stored = find(scope, id); !stored) return std::unexpected(stored.error());
    connection_.prepare("DELETE FROM user WHERE id = ?1").bind(1, id.value()).run();
    return {};
}

base::Result<User> UserTable::find(const TenantScope& scope, UserId id) {
    Statement row =
        connection_.prepare("SELECT id, tenant, login, role, disabled, version FROM user WHERE id = ?1");
    if (!row.bind(1, id.value()).step() || !allows(scope, TenantId(number(row, 1))))
        return no_such("user", id.to_string());
    return user_row(row);
}

base::Result<User> UserTable::find_login(const TenantScope& scope, std::string_view login) {
    Statement row =
        connection_.prepare("SELECT id, tenant, login, role, disabled, version FROM user WHERE login = ?1");
    if (!row.bind(1, login).step() || !allows(scope, TenantId(number(row, 1))))
        return no_such("user", std::string(login));
    return user_row(row);
}

base::Result<std::vector<User>> UserTable::list(const TenantScope& scope, std::optional<TenantId> tenant,
                                                UserId after, std::size_t limit) {
    Statement rows = connection_.prepare(
        "SELECT id, tenant, login, role, disabled, version FROM user "
        "WHERE (?1 OR tenant = ?2) AND id > ?3 ORDER BY id LIMIT ?4");
    ScopeFilter::of(scope, tenant).bind(rows);
    rows.bind(3, after.value()).bind(4, static_cast<std::uint64_t>(limit));
    std::vector<User> users;
    while (rows.step()) {
        auto user = user_row(rows);
        if (!user) return std::unexpected(user.error());
        users.push_back(std::move(*user));
    }
    return users;
}

base::Result<std::size_t> UserTable::count(model::Role role) {
    Statement row = connection_.prepare("SELECT count(*) FROM user WHERE role = ?1 AND disabled = 0");
    row.bind(1, model::to_string(role)).step();
    return static_cast<std::size_t>(row.integer(0));
}

base::Result<std::string> CredentialTable::password_hash(UserId user) {
    Statement row = connection_.prepare("SELECT password_hash FROM user WHERE id = ?1");
    if (!row.bind(1, user.value()).step()) return no_such("user", user.to_string());
    return row.text(0);
}

base::Status CredentialTable::set_password_hash(UserId user, const std::string& hash) {
    connection_.prepare("UPDATE user SET password_hash = ?2 WHERE id = ?1")
        .bind(1, user.value())
        .bind(2, hash)
        .run();
    if (connection_.changed_rows() == 0) return no_such("user", user.to_string());
    return {};
}

base::Result<Credential> CredentialTable::insert(const Credential& draft, const tenancy::SecretHash& hash) {
    {
        Statement row = connection_.prepare(
            "INSERT INTO credential (user, kind, name, secret_hash, created_at, expires_at) VALUES (?1, ?2, "
            "?3, ?4, ?5, ?6)");
        row.bind(1, draft.user.value())
            .bind(2, static_cast<std::int64_t>(draft.kind))
            .bind(3, draft.name)
            .bind(4, to_hex(hash))
            .bind(5, draft.created_at.time_since_epoch().count());
        if (draft.expires_at) row.bind(6, draft.expires_at->time_since_epoch().count());
        row.run();
    }
    Credential stored = draft;
    stored.id = model::TokenId(connection_.last_row_id());
    return stored;
}

base::Result<Credential> CredentialTable::find(const tenancy::SecretHash& hash) {
    Statement row = connection_.prepare(
        "SELECT id, user, kind, name, created_at, expires_at FROM credential WHERE secret_hash = ?1");
    if (!row.bind(1, to_hex(hash)).step()) return no_such("session or token", {});
    return credential_row(row);
}

base::Result<std::vector<Credential>> CredentialTable::list(UserId user, tenancy::CredentialKind kind,
                                                            model::TokenId after, std::size_t limit) {
    Statement rows = connection_.prepare(
        "SELECT id, user, kind, name, created_at, expires_at FROM credential "
        "WHERE user = ?1 AND kind = ?2 AND id > ?3 ORDER BY id LIMIT ?4");
    rows.bind(1, user.value())
        .bind(2, static_cast<std::int64_t>(kind))
        .bind(3, after.value())
        .bind(4, static_cast<std::uint64_t>(limit));
    std::vector<Credential> credentials;
    while (rows.step()) credentials.push_back(credential_row(rows));
    return credentials;
}

base::Status CredentialTable::remove(UserId user, model::TokenId id) {
    connection_.prepare("DELETE FROM credential WHERE id = ?1 AND user = ?2")
        .bind(1, id.value())
        .bind(2, user.value())
        .run();
    if (connection_.changed_rows() == 0) return no_such("token", id.to_string());
    return {};
}

base::Status CredentialTable::remove_sessions(UserId user, model::TokenId keep) {
    connection_.prepare("DELETE FROM credential WHERE user = ?1 AND kind = ?2 AND id != ?3")
        .bind(1, user.value())
        .bind(2, static_cast<std::int64_t>(tenancy::CredentialKind::session))
        .bind(3, keep.value())
        .run();
    return {};
}

base::Status CredentialTable::remove_expired(base::Timestamp now) {
    connection_.prepare("DELETE FROM credential WHERE expires_at <= ?1")
        .bind(1, now.time_since_epoch().count())
        .run();
    return {};
}

}  // namespace sluice::store::sqlite
