#include "store/sqlite/event_repository.hpp"

#include "store/sqlite/each.hpp"
#include "store/sqlite/scope_filter.hpp"

namespace sluice::store::sqlite {
namespace {

std::vector<model::Event> rows(Statement& statement) {
    std::vector<model::Event> events;
    const auto number = [&](int column) { return static_cast<std::uint64_t>(statement.integer(column)); };
    while (statement.step()) {
        events.push_back({.sequence = number(0),
                          .at = base::Timestamp{base::Duration{statement.integer(1)}},
                          .kind = statement.text(2),
                          .tenant = model::TenantId(number(3)),
                          .incident = model::IncidentId(number(4)),
                          .mitigation = model::MitigationId(number(5)),
                          .text = statement.text(6)});
    }
    return events;
}

}  // namespace

model::Event SqliteEventRepository::insert(Connection& connection, const model::Event& event) const {
    connection
        .prepare(
            "INSERT INTO event (at, kind, tenant, incident, mitigation, text) VALUES (?1, ?2, ?3, ?4, ?5, "
            "?6)")
        .bind(1, event.at.time_since_epoch().count())
        .bind(2, event.kind)
        .bind(3, event.tenant.value())
        .bind(4, event.incident.value())
        .bind(5, event.mitigation.value())
        .bind(6, event.text)
        .run();
    model::Event stored = event;
    stored.sequence = connection.last_row_id();
    // A batch at a time: one delete every so often instead of one with each event.
    if (stored.sequence % 1024 == 0 && stored.sequence > keep_) {
        connection.prepare("DELETE FROM event WHERE sequence <= ?1").bind(1, stored.sequence - keep_).run();
    }
    return stored;
}

base::Result<model::Event> SqliteEventRepository::append(const model::Event& event) {
    return database_.write(
        [&](Connection& connection) -> base::Result<model::Event> { return insert(connection, event); });
}

base::Result<std::vector<model::Event>> SqliteEventRepository::append_all(
    std::span<const model::Event> events) {
    return database_.write([&](Connection& connection) {
        return each(events, [&](const model::Event& event) {
            return base::Result<model::Event>(insert(connection, event));
        });
    });
}

base::Result<std::vector<model::Event>> SqliteEventRepository::after(const model::TenantScope& scope,
                                                                     std::uint64_t after, std::size_t limit) {
    return database_.read([&](Connection& connection) -> base::Result<std::vector<model::Event>> {
        Statement statement = connection.prepare(
            "SELECT sequence, at, kind, tenant, incident, mitigation, text FROM event "
            "WHERE (?1 OR tenant = ?2) AND sequence > ?3 ORDER BY sequence LIMIT ?4");
        ScopeFilter::of(scope, std::nullopt).bind(statement);
        statement.bind(3, after).bind(4, static_cast<std::uint64_t>(limit));
        return rows(statement);
    });
}

base::Result<std::vector<model::Event>> SqliteEventRepository::list(const model::TenantScope& scope,
                                                                    std::optional<model::TenantId> tenant,
                                                                    std::uint64_t before, std::size_t limit) {
    return database_.read([&](Connection& connection) -> base::Result<std::vector<model::Event>> {
        Statement statement = connection.prepare(
            "SELECT sequence, at, kind, tenant, incident, mitigation, text FROM event "
            "WHERE (?1 OR tenant = ?2) AND (?3 = 0 OR sequence < ?3) ORDER BY sequence DESC LIMIT ?4");
        ScopeFilter::of(scope, tenant).bind(statement);
        statement.bind(3, before).bind(4, static_cast<std::uint64_t>(limit));
        return rows(statement);
    });
}

}  // namespace sluice::store::sqlite
