#include "store/sqlite/directory_tables.hpp"

#include <fmt/format.h>

#include "store/document/document.hpp"
#include "store/sqlite/prefix_key.hpp"
#include "store/sqlite/row_errors.hpp"
#include "store/sqlite/scope_filter.hpp"

namespace sluice::store::sqlite {

using base::ErrorCode;
using model::Site;
using model::Tenant;
using model::TenantId;
using model::TenantPrefix;
using model::TenantScope;

namespace {

std::uint64_t number(const Statement& statement, int column) {
    return static_cast<std::uint64_t>(statement.integer(column));
}

// id, slug, name, created_at, version
Tenant tenant_row(const Statement& row) {
    return {TenantId(number(row, 0)), row.text(1), row.text(2),
            base::Timestamp{base::Duration{row.integer(3)}}, number(row, 4)};
}

// id, tenant, name, line_rate_bps, version
Site site_row(const Statement& row) {
    return {model::SiteId(number(row, 0)), TenantId(number(row, 1)), row.text(2), number(row, 3),
            number(row, 4)};
}

// key, tenant, site, consent, version
base::Result<TenantPrefix> prefix_row(const Statement& row) {
    const auto prefix = prefix_of_key(row.text(0));
    if (!prefix) return std::unexpected(prefix.error());
    const auto consent = model::parse_consent_mode(row.text(3));
    if (!consent)
        return base::fail(ErrorCode::corrupt, "a stored consent does not make sense", prefix->to_string(),
                          "restore the store from a backup");
    return TenantPrefix{TenantId(number(row, 1)), model::SiteId(number(row, 2)), *prefix, *consent,
                        number(row, 4)};
}

bool tenant_exists(Connection& connection, TenantId id) {
    Statement row = connection.prepare("SELECT 1 FROM tenant WHERE id = ?1");
    return row.bind(1, id.value()).step();
}

}  // namespace

base::Result<Tenant> TenantTable::insert(const TenantScope& scope, const Tenant& draft) {
    if (!scope.is_provider()) return no_such("tenant", draft.slug);
    {
        Statement taken = connection_.prepare("SELECT 1 FROM tenant WHERE slug = ?1");
        if (taken.bind(1, draft.slug).step())
            return base::fail(ErrorCode::conflict, fmt::format("there is a tenant '{}' already", draft.slug),
                              "slug", "choose another slug");
    }
    connection_.prepare("INSERT INTO tenant (slug, name, created_at, version) VALUES (?1, ?2, ?3, 1)")
        .bind(1, draft.slug)
        .bind(2, draft.name)
        .bind(3, draft.created_at.time_since_epoch().count())
        .run();
    Tenant stored = draft;
    stored.id = TenantId(connection_.last_row_id());
    stored.version = 1;
    return stored;
}

base::Result<Tenant> TenantTable::update(const TenantScope& scope, const Tenant& tenant) {
    auto stored = find(scope, tenant.id);
    if (!stored) return stored;
    if (stored->version != tenant.version) return stale("tenant");
    Tenant next = tenant;
    next.slug = stored->slug;
    next.created_at = stored->created_at;
    ++next.version;
    connection_.prepare("UPDATE tenant SET name = ?2, version = ?3 WHERE id = ?1")
        .bind(1, next.id.value())
        .bind(2, next.name)
        .bind(3, next.version)
        .run();
    return next;
}

base::Status TenantTable::remove(const TenantScope& scope, TenantId id) {
    if (const auto stored = find(scope, id); !stored) return std::unexpected(stored.error());
    connection_.prepare("DELETE FROM tenant WHERE id = ?1").bind(1, id.value()).run();
    return {};
}

base::Result<Tenant> TenantTable::find(const TenantScope& scope, TenantId id) {
    Statement row =
        connection_.prepare("SELECT id, slug, name, created_at, version FROM tenant WHERE id = ?1");
    if (!scope.allows(id) || !row.bind(1, id.value()).step()) return no_such("tenant", id.to_string());
    return tenant_row(row);
}

base::Result<Tenant> TenantTable::find_slug(const TenantScope& scope, std::string_view slug) {
    Statement row =
        connection_.prepare("SELECT id, slug, name, created_at, version FROM tenant WHERE slug = ?1");
    if (!row.bind(1, slug).step() || !scope.allows(TenantId(number(row, 0))))
        return no_such("tenant", std::string(slug));
    return tenant_row(row);
}

base::Result<std::vector<Tenant>> TenantTable::list(const TenantScope& scope, TenantId after,
                                                    std::size_t limit) {
    Statement rows = connection_.prepare(
        "SELECT id, slug, name, created_at, version FROM tenant WHERE (?1 OR id = ?2) AND id > ?3 ORDER BY "
        "id LIMIT ?4");
    ScopeFilter::of(scope, std::nullopt).bind(rows);
    rows.bind(3, after.value()).bind(4, static_cast<std::uint64_t>(limit));
    std::vector<Tenant> tenants;
    while (rows.step()) tenants.push_back(tenant_row(rows));
    return tenants;
}

base::Result<std::size_t> TenantTable::count() {
    Statement row = connection_.prepare("SELECT count(*) FROM tenant");
    row.step();
    return static_cast<std::size_t>(row.integer(0));
}

base::Result<bool> TenantTable::in_force(TenantId id, const std::optional<net::Prefix>& within) {
    // 1 and 2: active and cooling. A tenant has few of them at a time.
    Statement rows =
        connection_.prepare("SELECT target FROM mitigation WHERE tenant = ?1 AND state IN (1, 2)");
    rows.bind(1, id.value());
    while (rows.step()) {
        const auto target = net::Prefix::parse(rows.text(0));
        if (!within || !target || target->overlaps(*within)) return true;
    }
    return false;
}

base::Result<Site> SiteTable::insert(const TenantScope& scope, const Site& draft) {
    if (!scope.allows(draft.tenant) || !tenant_exists(connection_, draft.tenant))
        return no_such("tenant", draft.tenant.to_string());
    {
        Statement taken = connection_.prepare("SELECT 1 FROM site WHERE tenant = ?1 AND name = ?2");
        if (taken.bind(1, draft.tenant.value()).bind(2, draft.name).step())
            return base::fail(ErrorCode::conflict,
                              fmt::format("the tenant has a site '{}' already", draft.name), "name",
                              "choose another name");
    }
    connection_.prepare("INSERT INTO site (tenant, name, line_rate_bps, version) VALUES (?1, ?2, ?3, 1)")
        .bind(1, draft.tenant.value())
        .bind(2, draft.name)
        .bind(3, draft.line_rate_bps)
        .run();
    Site stored = draft;
    stored.id = model::SiteId(connection_.last_row_id());
    stored.version = 1;
    return stored;
}

base::Result<Site> SiteTable::update(const TenantScope& scope, const Site& site) {
    auto stored = find(scope, site.id);
    if (!stored) return stored;
    if (stored->version != site.version) return stale("site");
    {
        Statement taken =
            connection_.prepare("SELECT 1 FROM site WHERE tenant = ?1 AND name = ?2 AND id != ?3");
        if (taken.bind(1, stored->tenant.value()).bind(2, site.name).bind(3, site.id.value()).step())
            return base::fail(ErrorCode::conflict,
                              fmt::format("the tenant has a site '{}' already", site.name), "name",
                              "choose another name");
    }
    Site next = site;
    next.tenant = stored->tenant;
    ++next.version;
    connection_.prepare("UPDATE site SET name = ?2, line_rate_bps = ?3, version = ?4 WHERE id = ?1")
        .bind(1, next.id.value())
        .bind(2, next.name)
        .bind(3, next.line_rate_bps)
        .bind(4, next.version)
        .run();
    return next;
}

base::Status SiteTable::remove(const TenantScope& scope, model::SiteId id) {
    if (const auto stored = find(scope, id); !stored) return std::unexpected(stored.error());
    {
        Statement used = connection_.prepare("SELECT key FROM prefix WHERE site = ?1");
        if (used.bind(1, id.value()).step())
            return base::fail(ErrorCode::conflict, "a prefix belongs to the site", id.to_string(),
                              "move or remove its prefixes first");
    }
    connection_.prepare("DELETE FROM site WHERE id = ?1").bind(1, id.value()).run();
    return {};
}

base::Result<Site> SiteTable::find(const TenantScope& scope, model::SiteId id) {
    Statement row =
        connection_.prepare("SELECT id, tenant, name, line_rate_bps, version FROM site WHERE id = ?1");
    if (!row.bind(1, id.value()).step() || !scope.allows(TenantId(number(row, 1))))
        return no_such("site", id.to_string());
    return site_row(row);
}

base::Result<std::vector<Site>> SiteTable::list(const TenantScope& scope, std::optional<TenantId> tenant,
                                                model::SiteId after, std::size_t limit) {
    Statement rows = connection_.prepare(
        "SELECT id, tenant, name, line_rate_bps, version FROM site WHERE (?1 OR tenant = ?2) AND id > ?3 "
        "ORDER BY id LIMIT ?4");
    ScopeFilter::of(scope, tenant).bind(rows);
    rows.bind(3, after.value()).bind(4, static_cast<std::uint64_t>(limit));
    std::vector<Site> sites;
    while (rows.step()) sites.push_back(site_row(rows));
    return sites;
}

base::Result<TenantPrefix> PrefixTable::insert(const TenantScope& scope, const TenantPrefix& draft) {
    if (!scope.allows(draft.tenant) || !tenant_exists(connection_, draft.tenant))
        return no_such("tenant", draft.tenant.to_string());
    const std::string key = prefix_key(draft.prefix);
    {
        // No stored prefix contains another, so only the neighbours can overlap: the last one that begins at
        // or before this one, and the first one behind its beginning.
        Statement near = connection_.prepare(
            "SELECT * FROM (SELECT key FROM prefix WHERE key <= ?1 ORDER BY key DESC LIMIT 1) UNION ALL "
            "SELECT * FROM (SELECT key FROM prefix WHERE key > ?1 ORDER BY key LIMIT 1)");
        near.bind(1, key);
        while (near.step()) {
            const auto other = prefix_of_key(near.text(0));
            if (!other) return std::unexpected(other.error());
            if (other->is_v4() == draft.prefix.is_v4() && other->overlaps(draft.prefix))
                return base::fail(
                    ErrorCode::conflict,
                    fmt::format("{} overlaps a prefix that a tenant has already", draft.prefix.to_string()),
                    "prefix", "an address belongs to one tenant and stands there once");
        }
    }
    connection_.prepare("INSERT INTO prefix (key, tenant, site, consent, version) VALUES (?1, ?2, ?3, ?4, 1)")
        .bind(1, key)
        .bind(2, draft.tenant.value())
        .bind(3, draft.site.value())
        .bind(4, model::to_string(draft.consent))
        .run();
    TenantPrefix stored = draft;
    stored.version = 1;
    return stored;
}

base::Result<TenantPrefix> PrefixTable::update(const TenantScope& scope, const TenantPrefix& prefix) {
    auto stored = find(scope, prefix.prefix);
    if (!stored) return stored;
    if (stored->version != prefix.version) return stale("prefix");
    TenantPrefix next = prefix;
    next.tenant = stored->tenant;
    ++next.version;
    connection_.prepare("UPDATE prefix SET site = ?2, consent = ?3, version = ?4 WHERE key = ?1")
        .bind(1, prefix_key(next.prefix))
        .bind(2, next.site.value())
        .bind(3, model::to_string(next.consent))
        .bind(4, next.version)
        .run();
    return next;
}

base::Status PrefixTable::remove(const TenantScope& scope, const net::Prefix& prefix) {
    if (const auto stored = find(scope, prefix); !stored) return std::unexpected(stored.error());
    connection_.prepare("DELETE FROM prefix WHERE key = ?1").bind(1, prefix_key(prefix)).run();
    return {};
}

base::Result<TenantPrefix> PrefixTable::find(const TenantScope& scope, const net::Prefix& prefix) {
    Statement row =
        connection_.prepare("SELECT key, tenant, site, consent, version FROM prefix WHERE key = ?1");
    if (!row.bind(1, prefix_key(prefix)).step() || !scope.allows(TenantId(number(row, 1))))
        return no_such("prefix", prefix.to_string());
    return prefix_row(row);
}

base::Result<std::vector<TenantPrefix>> PrefixTable::list(const TenantScope& scope,
                                                          std::optional<TenantId> tenant,
                                                          const std::optional<net::Prefix>& after,
                                                          std::size_t limit) {
    Statement rows = connection_.prepare(
        "SELECT key, tenant, site, consent, version FROM prefix WHERE (?1 OR tenant = ?2) AND key > ?3 ORDER "
        "BY key LIMIT ?4");
    ScopeFilter::of(scope, tenant).bind(rows);
    rows.bind(3, after ? prefix_key(*after) : std::string()).bind(4, static_cast<std::uint64_t>(limit));
    std::vector<TenantPrefix> prefixes;
    while (rows.step()) {
        auto prefix = prefix_row(rows);
        if (!prefix) return std::unexpected(prefix.error());
        prefixes.push_back(*prefix);
    }
    return prefixes;
}

base::Result<model::ProtectionPolicy> ProtectionTable::find(const TenantScope& scope, TenantId tenant) {
    if (!scope.allows(tenant) || !tenant_exists(connection_, tenant))
        return no_such("tenant", tenant.to_string());
    Statement row = connection_.prepare("SELECT document FROM protection WHERE tenant = ?1");
    if (!row.bind(1, tenant.value()).step()) return model::ProtectionPolicy{};
    return document::read_protection(row.text(0));
}

base::Status ProtectionTable::put(const TenantScope& scope, TenantId tenant,
                                  const model::ProtectionPolicy& policy) {
    if (!scope.allows(tenant) || !tenant_exists(connection_, tenant))
        return no_such("tenant", tenant.to_string());
    connection_
        .prepare("INSERT INTO protection VALUES (?1, ?2) ON CONFLICT (tenant) DO UPDATE SET document = ?2")
        .bind(1, tenant.value())
        .bind(2, document::write(policy))
        .run();
    return {};
}

base::Result<std::uint64_t> ProtectionTable::version() {
    Statement row = connection_.prepare("SELECT version FROM policy_version");
    row.step();
    return number(row, 0);
}

base::Result<std::uint64_t> ProtectionTable::next_version() {
    connection_.prepare("UPDATE policy_version SET version = version + 1").run();
    return version();
}

}  // namespace sluice::store::sqlite
