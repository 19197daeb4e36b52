#include "store/sqlite/schema.hpp"

#include <array>

#include "model/incident.hpp"
#include "model/mitigation.hpp"

namespace sluice::store::sqlite {
namespace {

// AUTOINCREMENT: an id is never given twice, not even after its row is gone.
constexpr const char* response_tables = R"sql(
CREATE TABLE incident (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant INTEGER NOT NULL,
    state INTEGER NOT NULL,
    version INTEGER NOT NULL,
    document TEXT NOT NULL
) STRICT;
CREATE INDEX incident_tenant ON incident (tenant, id);
CREATE INDEX incident_not_closed ON incident (id) WHERE state != 2;

CREATE TABLE mitigation (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant INTEGER NOT NULL,
    incident INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    state INTEGER NOT NULL,
    target TEXT NOT NULL,
    key TEXT NOT NULL,
    version INTEGER NOT NULL,
    document TEXT NOT NULL
) STRICT;
CREATE INDEX mitigation_tenant ON mitigation (tenant, id);
CREATE INDEX mitigation_incident ON mitigation (incident, id);
CREATE UNIQUE INDEX mitigation_live ON mitigation (incident, kind, key) WHERE state != 3;

CREATE TABLE event (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    tenant INTEGER NOT NULL,
    incident INTEGER NOT NULL,
    mitigation INTEGER NOT NULL,
    text TEXT NOT NULL
) STRICT;
CREATE INDEX event_tenant ON event (tenant, sequence);
)sql";

constexpr std::array<Migration, 1> migrations{{
    {1, response_tables},
}};

// The partial indexes name these states by their numbers.
static_assert(static_cast<int>(model::IncidentState::closed) == 2);
static_assert(static_cast<int>(model::MitigationState::withdrawn) == 3);

}  // namespace

std::span<const Migration> state_migrations() {
    return migrations;
}

}  // namespace sluice::store::sqlite
