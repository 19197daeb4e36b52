#include "store/sqlite/mitigation_repository.hpp"

#include <limits>

#include "store/document/document.hpp"
#include "store/sqlite/each.hpp"
#include "store/sqlite/scope_filter.hpp"

namespace sluice::store::sqlite {

using base::ErrorCode;
using model::Mitigation;

namespace {

std::unexpected<base::Error> not_found(model::MitigationId id) {
    return base::fail(ErrorCode::not_found, "there is no such mitigation", id.to_string());
}

// What makes two live mitigations of one incident the same: the target, or the rule.
std::string key_of(const Mitigation& mitigation) {
    return model::Route{.kind = mitigation.kind,
                        .prefix = mitigation.target,
                        .next_hop = {},
                        .communities = {},
                        .rule = mitigation.rule}
        .key();
}

void put(Connection& connection, const Mitigation& mitigation) {
    Statement statement = connection.prepare(
        "UPDATE mitigation SET state = ?1, target = ?2, key = ?3, version = ?4, document = ?5 WHERE id = ?6");
    statement.bind(1, static_cast<std::int64_t>(mitigation.state))
        .bind(2, mitigation.target.to_string())
        .bind(3, key_of(mitigation))
        .bind(4, mitigation.version)
        .bind(5, document::write(mitigation))
        .bind(6, mitigation.id.value());
    statement.run();
}

base::Result<Mitigation> load(Connection& connection, const model::TenantScope& scope,
                              model::MitigationId id) {
    Statement statement = connection.prepare("SELECT tenant, document FROM mitigation WHERE id = ?1");
    statement.bind(1, id.value());
    if (!statement.step()) return not_found(id);
    if (!scope.allows(model::TenantId(static_cast<std::uint64_t>(statement.integer(0)))))
        return not_found(id);
    return document::read_mitigation(statement.text(1));
}

base::Result<Mitigation> insert(Connection& connection, const model::TenantScope& scope,
                                const Mitigation& draft) {
    if (!scope.allows(draft.tenant)) return not_found(draft.id);
    {
        Statement statement = connection.prepare(
            "INSERT INTO mitigation (tenant, incident, kind, state, target, key, version, document) "
            "VALUES (?1, ?2, ?3, ?4, '', ?5, 0, '')");
        statement.bind(1, draft.tenant.value())
            .bind(2, draft.incident.value())
            .bind(3, static_cast<std::int64_t>(draft.kind))
            .bind(4, static_cast<std::int64_t>(draft.state))
            .bind(5, key_of(draft));
        statement.run();
    }
    Mitigation stored = draft;
    stored.id = model::MitigationId(connection.last_row_id());
    stored.version = 1;
    put(connection, stored);
    return stored;
}

}  // namespace

base::Result<Mitigation> SqliteMitigationRepository::create(const model::TenantScope& scope,
                                                            const Mitigation& draft) {
    return database_.write([&](Connection& connection) { return insert(connection, scope, draft); });
}

base::Result<std::vector<Mitigation>> SqliteMitigationRepository::create_all(
    const model::TenantScope& scope, std::span<const Mitigation> drafts) {
    return database_.write([&](Connection& connection) {
        return each(drafts, [&](const Mitigation& draft) { return insert(connection, scope, draft); });
    });
}

base::Result<Mitigation> SqliteMitigationRepository::update(const model::TenantScope& scope,
                                                            const Mitigation& mitigation) {
    return database_.write([&](Connection& connection) -> base::Result<Mitigation> {
        auto stored = load(connection, scope, mitigation.id);
        if (!stored) return stored;
        if (stored->version != mitigation.version || stored->tenant != mitigation.tenant) {
            return base::fail(ErrorCode::conflict, "the mitigation has changed meanwhile", "version",
                              "read it again");
        }
        Mitigation next = mitigation;
        ++next.version;
        put(connection, next);
        return next;
    });
}

base::Result<Mitigation> SqliteMitigationRepository::find(const model::TenantScope& scope,
                                                          model::MitigationId id) {
    return database_.read([&](Connection& connection) { return load(connection, scope, id); });
}

base::Result<std::vector<Mitigation>> SqliteMitigationRepository::list(
    const model::TenantScope& scope, const mitigation::MitigationQuery& query) {
    return database_.read([&](Connection& connection) -> base::Result<std::vector<Mitigation>> {
        Statement statement = connection.prepare(
            "SELECT document FROM mitigation WHERE (?1 OR tenant = ?2) AND id < ?3 AND (NOT ?4 OR state != "
            "3) "
            "AND (?5 IS NULL OR incident = ?5) ORDER BY id DESC LIMIT ?6");
        ScopeFilter::of(scope, query.tenant).bind(statement);
        statement
            .bind(3, query.before.is_none() ? std::numeric_limits<std::int64_t>::max()
                                            : static_cast<std::int64_t>(query.before.value()))
            .bind(4, static_cast<std::int64_t>(query.live_only));
        if (query.incident) statement.bind(5, query.incident->value());
        statement.bind(6, static_cast<std::uint64_t>(query.limit));
        std::vector<Mitigation> mitigations;
        while (statement.step()) {
            auto mitigation = document::read_mitigation(statement.text(0));
            if (!mitigation) return std::unexpected(mitigation.error());
            mitigations.push_back(std::move(*mitigation));
        }
        return mitigations;
    });
}

}  // namespace sluice::store::sqlite
