#include "store/sqlite/audit_table.hpp"

#include <limits>

#include "store/sqlite/hex.hpp"
#include "store/sqlite/scope_filter.hpp"

namespace sluice::store::sqlite {

using tenancy::AuditEntry;

namespace {

// id, at, actor, tenant, address, action, object, before, after, reason, hash
AuditEntry audit_row(const Statement& row) {
    AuditEntry entry;
    entry.id = model::AuditEntryId(static_cast<std::uint64_t>(row.integer(0)));
    entry.at = base::Timestamp{base::Duration{row.integer(1)}};
    entry.actor = row.text(2);
    entry.tenant = model::TenantId(static_cast<std::uint64_t>(row.integer(3)));
    entry.address = row.text(4);
    entry.action = row.text(5);
    entry.object = row.text(6);
    entry.before = row.text(7);
    entry.after = row.text(8);
    entry.reason = row.text(9);
    entry.hash = hash_from_hex(row.text(10));
    return entry;
}

std::vector<AuditEntry> audit_rows(Statement& rows) {
    std::vector<AuditEntry> entries;
    while (rows.step()) entries.push_back(audit_row(rows));
    return entries;
}

}  // namespace

base::Result<AuditEntry> AuditTable::append(const AuditEntry& draft) {
    const auto newest = head();
    if (!newest) return newest;
    AuditEntry entry = draft;
    entry.id = model::AuditEntryId(newest->id.value() + 1);
    entry.hash = tenancy::hash_of(entry, newest->hash);
    connection_.prepare("INSERT INTO audit VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)")
        .bind(1, entry.id.value())
        .bind(2, entry.at.time_since_epoch().count())
        .bind(3, entry.actor)
        .bind(4, entry.tenant.value())
        .bind(5, entry.address)
        .bind(6, entry.action)
        .bind(7, entry.object)
        .bind(8, entry.before)
        .bind(9, entry.after)
        .bind(10, entry.reason)
        .bind(11, to_hex(entry.hash))
        .run();
    connection_.prepare("UPDATE audit_head SET id = ?1, hash = ?2")
        .bind(1, entry.id.value())
        .bind(2, to_hex(entry.hash))
        .run();
    return entry;
}

base::Result<std::vector<AuditEntry>> AuditTable::list(const model::TenantScope& scope,
                                                       std::optional<model::TenantId> tenant,
                                                       model::AuditEntryId before, std::size_t limit) {
    Statement rows = connection_.prepare(
        "SELECT id, at, actor, tenant, address, action, object, before, after, reason, hash FROM audit "
        "WHERE (?1 OR tenant = ?2) AND id < ?3 ORDER BY id DESC LIMIT ?4");
    ScopeFilter::of(scope, tenant).bind(rows);
    rows.bind(3, before.is_none() ? std::numeric_limits<std::int64_t>::max()
                                  : static_cast<std::int64_t>(before.value()))
        .bind(4, static_cast<std::uint64_t>(limit));
    return audit_rows(rows);
}

base::Result<std::vector<AuditEntry>> AuditTable::chain(model::AuditEntryId after, std::size_t limit) {
    Statement rows = connection_.prepare(
        "SELECT id, at, actor, tenant, address, action, object, before, after, reason, hash FROM audit "
        "WHERE id > ?1 ORDER BY id LIMIT ?2");
    rows.bind(1, after.value()).bind(2, static_cast<std::uint64_t>(limit));
    return audit_rows(rows);
}

base::Result<AuditEntry> AuditTable::head() {
    AuditEntry entry;
    Statement row = connection_.prepare("SELECT id, hash FROM audit_head");
    if (!row.step())
        return base::fail(base::ErrorCode::corrupt, "the audit log has no head", {},
                          "restore the store from a backup");
    entry.id = model::AuditEntryId(static_cast<std::uint64_t>(row.integer(0)));
    entry.hash = hash_from_hex(row.text(1));
    return entry;
}

}  // namespace sluice::store::sqlite
