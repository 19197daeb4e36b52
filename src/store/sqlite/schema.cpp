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

// Tenant 0 is the provider. `prefix.key` is in the order of addresses (prefix_key.hpp) and no prefix contains
// another. Audit entries outlive what they speak of, so they refer to nothing.
constexpr const char* tenancy_tables = R"sql(
CREATE TABLE tenant (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    slug TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    version INTEGER NOT NULL
) STRICT;

CREATE TABLE site (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant INTEGER NOT NULL REFERENCES tenant (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    line_rate_bps INTEGER NOT NULL,
    version INTEGER NOT NULL,
    UNIQUE (tenant, name)
) STRICT;

CREATE TABLE prefix (
    key TEXT PRIMARY KEY,
    tenant INTEGER NOT NULL REFERENCES tenant (id) ON DELETE CASCADE,
    site INTEGER NOT NULL,
    consent TEXT NOT NULL,
    version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX prefix_tenant ON prefix (tenant, key);
CREATE INDEX prefix_site ON prefix (site) WHERE site != 0;

CREATE TABLE protection (
    tenant INTEGER PRIMARY KEY REFERENCES tenant (id) ON DELETE CASCADE,
    document TEXT NOT NULL
) STRICT;

CREATE TABLE policy_version (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    version INTEGER NOT NULL
) STRICT;
INSERT INTO policy_version VALUES (1, 1);

CREATE TABLE user (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant INTEGER REFERENCES tenant (id) ON DELETE CASCADE,
    login TEXT NOT NULL UNIQUE COLLATE NOCASE,
    role TEXT NOT NULL,
    disabled INTEGER NOT NULL,
    password_hash TEXT NOT NULL DEFAULT '',
    version INTEGER NOT NULL
) STRICT;
CREATE INDEX user_tenant ON user (tenant, id);

CREATE TABLE credential (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    user INTEGER NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    kind INTEGER NOT NULL,
    name TEXT NOT NULL,
    secret_hash TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    expires_at INTEGER
) STRICT;
CREATE INDEX credential_user ON credential (user, kind, id);
CREATE INDEX credential_expiry ON credential (expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE webhook (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant INTEGER REFERENCES tenant (id) ON DELETE CASCADE,
    url TEXT NOT NULL,
    secret TEXT NOT NULL,
    kinds TEXT NOT NULL,
    disabled INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX webhook_tenant ON webhook (tenant, id);

CREATE TABLE audit (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    tenant INTEGER NOT NULL,
    address TEXT NOT NULL,
    action TEXT NOT NULL,
    object TEXT NOT NULL,
    before TEXT NOT NULL,
    after TEXT NOT NULL,
    reason TEXT NOT NULL,
    hash TEXT NOT NULL
) STRICT;
CREATE INDEX audit_tenant ON audit (tenant, id);
CREATE TABLE audit_head (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    id INTEGER NOT NULL,
    hash TEXT NOT NULL
) STRICT;
INSERT INTO audit_head VALUES (1, 0, '');
CREATE TRIGGER audit_stays BEFORE DELETE ON audit BEGIN SELECT raise(ABORT, 'audit entries stay'); END;
CREATE TRIGGER audit_is_final BEFORE UPDATE ON audit BEGIN SELECT raise(ABORT, 'audit entries are final'); END;
)sql";

// Counts the probes: SQLite writes nothing for a row that stays the same.
constexpr const char* probe_table = R"sql(
CREATE TABLE probe (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    count INTEGER NOT NULL
) STRICT;
INSERT INTO probe VALUES (1, 0);
)sql";

// `prefix` in the order of addresses (prefix_key.hpp); `groups` one a line.
constexpr const char* user_binding_table = R"sql(
CREATE TABLE user_binding (
    tenant INTEGER NOT NULL REFERENCES tenant (id) ON DELETE CASCADE,
    prefix TEXT NOT NULL,
    user TEXT NOT NULL,
    groups TEXT NOT NULL,
    since INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (tenant, prefix)
) STRICT, WITHOUT ROWID;
CREATE INDEX user_binding_expiry ON user_binding (expires_at);
)sql";

constexpr std::array<Migration, 4> migrations{{
    {1, response_tables},
    {2, tenancy_tables},
    {3, probe_table},
    {4, user_binding_table},
}};

// The partial indexes name these states by their numbers.
static_assert(static_cast<int>(model::IncidentState::closed) == 2);
static_assert(static_cast<int>(model::MitigationState::withdrawn) == 3);

}  // namespace

std::span<const Migration> state_migrations() {
    return migrations;
}

}  // namespace sluice::store::sqlite
