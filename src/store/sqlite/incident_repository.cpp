#include "store/sqlite/incident_repository.hpp"

#include <algorithm>
#include <limits>

#include "store/document/document.hpp"
#include "store/sqlite/each.hpp"
#include "store/sqlite/scope_filter.hpp"

namespace sluice::store::sqlite {

using base::ErrorCode;
using model::Incident;

namespace {

std::unexpected<base::Error> not_found(model::IncidentId id) {
    return base::fail(ErrorCode::not_found, "there is no such incident", id.to_string());
}

void put(Connection& connection, const Incident& incident) {
    Statement statement =
        connection.prepare("UPDATE incident SET state = ?1, version = ?2, document = ?3 WHERE id = ?4");
    statement.bind(1, static_cast<std::int64_t>(incident.state))
        .bind(2, incident.version)
        .bind(3, document::write(incident))
        .bind(4, incident.id.value());
    statement.run();
}

base::Result<Incident> load(Connection& connection, const model::TenantScope& scope, model::IncidentId id) {
    Statement statement = connection.prepare("SELECT tenant, document FROM incident WHERE id = ?1");
    statement.bind(1, id.value());
    if (!statement.step()) return not_found(id);
    if (!scope.allows(model::TenantId(static_cast<std::uint64_t>(statement.integer(0)))))
        return not_found(id);
    return document::read_incident(statement.text(1));
}

base::Result<Incident> insert(Connection& connection, const model::TenantScope& scope,
                              const Incident& draft) {
    if (!scope.allows(draft.tenant)) return not_found(draft.id);
    connection.prepare("INSERT INTO incident (tenant, state, version, document) VALUES (?1, 0, 0, '')")
        .bind(1, draft.tenant.value())
        .run();
    Incident stored = draft;
    stored.id = model::IncidentId(connection.last_row_id());
    stored.version = 1;
    put(connection, stored);
    return stored;
}

base::Result<Incident> replace(Connection& connection, const model::TenantScope& scope,
                               const Incident& incident) {
    auto stored = load(connection, scope, incident.id);
    if (!stored) return stored;
    if (stored->version != incident.version || stored->tenant != incident.tenant) {
        return base::fail(ErrorCode::conflict, "the incident has changed meanwhile", "version",
                          "read it again");
    }
    Incident next = incident;
    ++next.version;
    put(connection, next);
    return next;
}

}  // namespace

base::Result<Incident> SqliteIncidentRepository::create(const model::TenantScope& scope,
                                                        const Incident& draft) {
    return database_.write([&](Connection& connection) { return insert(connection, scope, draft); });
}

base::Result<std::vector<Incident>> SqliteIncidentRepository::create_all(const model::TenantScope& scope,
                                                                         std::span<const Incident> drafts) {
    return database_.write([&](Connection& connection) {
        return each(drafts, [&](const Incident& draft) { return insert(connection, scope, draft); });
    });
}

base::Result<Incident> SqliteIncidentRepository::update(const model::TenantScope& scope,
                                                        const Incident& incident) {
    return database_.write([&](Connection& connection) { return replace(connection, scope, incident); });
}

base::Result<std::vector<Incident>> SqliteIncidentRepository::update_all(
    const model::TenantScope& scope, std::span<const Incident> incidents) {
    return database_.write([&](Connection& connection) {
        return each(incidents, [&](const Incident& one) { return replace(connection, scope, one); });
    });
}

base::Result<Incident> SqliteIncidentRepository::find(const model::TenantScope& scope, model::IncidentId id) {
    return database_.read([&](Connection& connection) { return load(connection, scope, id); });
}

base::Result<std::vector<Incident>> SqliteIncidentRepository::list(const model::TenantScope& scope,
                                                                   const incident::IncidentQuery& query) {
    return database_.read([&](Connection& connection) -> base::Result<std::vector<Incident>> {
        Statement statement = connection.prepare(
            "SELECT document FROM incident WHERE (?1 OR tenant = ?2) AND id < ?3 AND (NOT ?4 OR state != 2) "
            "ORDER BY id DESC LIMIT ?5");
        ScopeFilter::of(scope, query.tenant).bind(statement);
        statement
            .bind(3, query.before.is_none() ? std::numeric_limits<std::int64_t>::max()
                                            : static_cast<std::int64_t>(query.before.value()))
            .bind(4, static_cast<std::int64_t>(query.not_closed_only))
            .bind(5, static_cast<std::uint64_t>(query.limit));
        std::vector<Incident> incidents;
        while (statement.step()) {
            auto incident = document::read_incident(statement.text(0));
            if (!incident) return std::unexpected(incident.error());
            incidents.push_back(std::move(*incident));
        }
        return incidents;
    });
}

}  // namespace sluice::store::sqlite
