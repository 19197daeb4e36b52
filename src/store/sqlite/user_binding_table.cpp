#include "store/sqlite/user_binding_table.hpp"

#include "base/joined.hpp"
#include "store/sqlite/prefix_key.hpp"
#include "store/sqlite/row_errors.hpp"

namespace sluice::store::sqlite {

using model::TenantId;
using model::TenantScope;
using model::UserBinding;
using model::UserBindingKey;

namespace {

// Names hold no line breaks (UserBindingService).
std::vector<std::string> split(const std::string& text) {
    std::vector<std::string> names;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        names.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return names;
}

std::int64_t ns(base::Timestamp time) {
    return time.time_since_epoch().count();
}

// tenant, prefix
base::Result<UserBindingKey> key_row(const Statement& row) {
    const auto prefix = prefix_of_key(row.text(1));
    if (!prefix) return std::unexpected(prefix.error());
    return UserBindingKey{TenantId(static_cast<std::uint64_t>(row.integer(0))), *prefix};
}

// tenant, prefix, user, groups, since, expires_at
base::Result<UserBinding> binding_row(const Statement& row) {
    const auto key = key_row(row);
    if (!key) return std::unexpected(key.error());
    return UserBinding{key->tenant,
                       key->prefix,
                       row.text(2),
                       split(row.text(3)),
                       base::Timestamp{base::Duration{row.integer(4)}},
                       base::Timestamp{base::Duration{row.integer(5)}}};
}

template <class T>
base::Result<std::vector<T>> read_all(Statement& rows, base::Result<T> (*read)(const Statement&)) {
    std::vector<T> all;
    while (rows.step()) {
        auto one = read(rows);
        if (!one) return std::unexpected(one.error());
        all.push_back(std::move(*one));
    }
    return all;
}

}  // namespace

base::Status UserBindingTable::check_tenant(const TenantScope& scope, TenantId tenant) {
    Statement row = connection_.prepare("SELECT 1 FROM tenant WHERE id = ?1");
    if (!scope.allows(tenant) || !row.bind(1, tenant.value()).step())
        return no_such("tenant", tenant.to_string());
    return {};
}

base::Result<std::optional<UserBinding>> UserBindingTable::find(const TenantScope& scope,
                                                                const UserBindingKey& key) {
    if (const auto status = check_tenant(scope, key.tenant); !status) return std::unexpected(status.error());
    Statement row = connection_.prepare(
        "SELECT tenant, prefix, user, groups, since, expires_at FROM user_binding WHERE tenant = ?1 AND "
        "prefix = ?2");
    if (!row.bind(1, key.tenant.value()).bind(2, prefix_key(key.prefix)).step())
        return std::optional<UserBinding>{};
    auto binding = binding_row(row);
    if (!binding) return std::unexpected(binding.error());
    return std::optional(std::move(*binding));
}

base::Status UserBindingTable::put(const TenantScope& scope, const UserBinding& binding) {
    if (const auto status = check_tenant(scope, binding.tenant); !status) return status;
    connection_
        .prepare(
            "INSERT INTO user_binding VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (tenant, prefix) DO UPDATE "
            "SET user = ?3, groups = ?4, since = ?5, expires_at = ?6")
        .bind(1, binding.tenant.value())
        .bind(2, prefix_key(binding.prefix))
        .bind(3, binding.user)
        .bind(4, base::joined(binding.groups, "\n"))
        .bind(5, ns(binding.since))
        .bind(6, ns(binding.expires))
        .run();
    return {};
}

base::Status UserBindingTable::remove(const TenantScope& scope, const UserBindingKey& key) {
    if (const auto status = check_tenant(scope, key.tenant); !status) return status;
    connection_.prepare("DELETE FROM user_binding WHERE tenant = ?1 AND prefix = ?2")
        .bind(1, key.tenant.value())
        .bind(2, prefix_key(key.prefix))
        .run();
    if (connection_.changed_rows() == 0) return no_such("log-in", key.prefix.to_string());
    return {};
}

base::Result<std::vector<UserBinding>> UserBindingTable::list(const TenantScope& scope, TenantId tenant,
                                                              const std::optional<net::Prefix>& after,
                                                              base::Timestamp now, std::size_t limit) {
    if (const auto status = check_tenant(scope, tenant); !status) return std::unexpected(status.error());
    Statement rows = connection_.prepare(
        "SELECT tenant, prefix, user, groups, since, expires_at FROM user_binding WHERE tenant = ?1 AND "
        "prefix > ?2 AND expires_at > ?3 ORDER BY prefix LIMIT ?4");
    rows.bind(1, tenant.value())
        .bind(2, after ? prefix_key(*after) : std::string())
        .bind(3, ns(now))
        .bind(4, static_cast<std::uint64_t>(limit));
    return read_all<UserBinding>(rows, binding_row);
}

base::Result<std::vector<UserBinding>> UserBindingTable::all(base::Timestamp now) {
    Statement rows = connection_.prepare(
        "SELECT tenant, prefix, user, groups, since, expires_at FROM user_binding WHERE expires_at > ?1");
    rows.bind(1, ns(now));
    return read_all<UserBinding>(rows, binding_row);
}

base::Result<std::size_t> UserBindingTable::count(TenantId tenant) {
    Statement row = connection_.prepare("SELECT count(*) FROM user_binding WHERE tenant = ?1");
    row.bind(1, tenant.value()).step();
    return static_cast<std::size_t>(row.integer(0));
}

base::Result<std::vector<UserBindingKey>> UserBindingTable::expired(base::Timestamp now) {
    Statement rows = connection_.prepare("SELECT tenant, prefix FROM user_binding WHERE expires_at <= ?1");
    rows.bind(1, ns(now));
    return read_all<UserBindingKey>(rows, key_row);
}

base::Status UserBindingTable::remove_expired(base::Timestamp now) {
    connection_.prepare("DELETE FROM user_binding WHERE expires_at <= ?1").bind(1, ns(now)).run();
    return {};
}

}  // namespace sluice::store::sqlite
