#include "store/sqlite/webhook_tables.hpp"

#include "base/joined.hpp"
#include "store/sqlite/row_errors.hpp"
#include "store/sqlite/scope_filter.hpp"

namespace sluice::store::sqlite {

using base::ErrorCode;
using incident::Webhook;
using model::TenantId;
using model::TenantScope;

namespace {

bool allows(const TenantScope& scope, TenantId tenant) {
    return tenant.is_none() ? scope.is_provider() : scope.allows(tenant);
}

void bind_tenant(Statement& statement, int index, TenantId tenant) {
    if (tenant.is_none())
        statement.bind_null(index);
    else
        statement.bind(index, tenant.value());
}

// Kinds hold no spaces (the policy's schema, and the API's).
std::vector<std::string> split(const std::string& text) {
    std::vector<std::string> kinds;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find(' ', at), text.size());
        if (end > at) kinds.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return kinds;
}

void insert(Connection& connection, const Webhook& webhook) {
    Statement row = connection.prepare(
        "INSERT INTO webhook (tenant, url, secret, kinds, disabled, created_at) VALUES (?1, ?2, ?3, ?4, ?5, "
        "?6)");
    bind_tenant(row, 1, webhook.tenant);
    row.bind(2, webhook.url)
        .bind(3, webhook.secret)
        .bind(4, base::joined(webhook.kinds, " "))
        .bind(5, static_cast<std::int64_t>(webhook.disabled))
        .bind(6, webhook.created_at.time_since_epoch().count())
        .run();
}

base::Status check_new(Connection& connection, const TenantScope& scope, TenantId tenant) {
    if (!allows(scope, tenant)) return no_such("tenant", tenant.to_string());
    if (tenant.is_none()) return {};
    Statement row = connection.prepare("SELECT 1 FROM tenant WHERE id = ?1");
    if (!row.bind(1, tenant.value()).step()) return no_such("tenant", tenant.to_string());
    return {};
}

}  // namespace

base::Result<Webhook> SqliteWebhookRepository::create(const TenantScope& scope, const Webhook& draft) {
    return database_.write([&](Connection& connection) -> base::Result<Webhook> {
        if (const auto checked = check_new(connection, scope, draft.tenant); !checked)
            return std::unexpected(checked.error());
        {
            Statement row = connection.prepare("SELECT count(*) FROM webhook WHERE tenant IS ?1");
            bind_tenant(row, 1, draft.tenant);
            row.step();
            if (row.integer(0) >= static_cast<std::int64_t>(max_per_tenant_))
                return base::fail(ErrorCode::exhausted, "there are too many webhooks already", {},
                                  "remove one of them first");
        }
        insert(connection, draft);
        Webhook stored = draft;
        stored.id = model::WebhookId(connection.last_row_id());
        return stored;
    });
}

base::Status SqliteWebhookRepository::remove(const TenantScope& scope, model::WebhookId id) {
    return database_.write([&](Connection& connection) -> base::Status {
        {
            Statement row = connection.prepare("SELECT tenant FROM webhook WHERE id = ?1");
            if (!row.bind(1, id.value()).step() ||
                !allows(scope, TenantId(static_cast<std::uint64_t>(row.integer(0)))))
                return no_such("webhook", id.to_string());
        }
        connection.prepare("DELETE FROM webhook WHERE id = ?1").bind(1, id.value()).run();
        return {};
    });
}

base::Result<std::vector<Webhook>> SqliteWebhookRepository::list(const TenantScope& scope) {
    return database_.read([&](Connection& connection) -> base::Result<std::vector<Webhook>> {
        Statement rows = connection.prepare(
            "SELECT id, tenant, url, secret, kinds, disabled, created_at FROM webhook WHERE (?1 OR tenant = "
            "?2) ORDER BY id");
        ScopeFilter::of(scope, std::nullopt).bind(rows);
        std::vector<Webhook> webhooks;
        while (rows.step()) {
            webhooks.push_back({.id = model::WebhookId(static_cast<std::uint64_t>(rows.integer(0))),
                                .tenant = TenantId(static_cast<std::uint64_t>(rows.integer(1))),
                                .url = rows.text(2),
                                .secret = rows.text(3),
                                .kinds = split(rows.text(4)),
                                .disabled = rows.integer(5) != 0,
                                .created_at = base::Timestamp{base::Duration{rows.integer(6)}}});
        }
        return webhooks;
    });
}

base::Result<std::vector<model::WebhookPolicy>> WebhookPolicyTable::of_tenant(const TenantScope& scope,
                                                                              TenantId tenant) {
    if (!scope.allows(tenant)) return no_such("tenant", tenant.to_string());
    Statement rows = connection_.prepare("SELECT url, kinds FROM webhook WHERE tenant = ?1 ORDER BY id");
    rows.bind(1, tenant.value());
    std::vector<model::WebhookPolicy> webhooks;
    while (rows.step()) webhooks.push_back({rows.text(0), split(rows.text(1))});
    return webhooks;
}

base::Status WebhookPolicyTable::add(const TenantScope& scope, TenantId tenant,
                                     const model::WebhookPolicy& webhook, const std::string& secret,
                                     base::Timestamp now) {
    if (const auto checked = check_new(connection_, scope, tenant); !checked) return checked;
    insert(connection_, {.id = {},
                         .tenant = tenant,
                         .url = webhook.url,
                         .secret = secret,
                         .kinds = webhook.kinds,
                         .created_at = now});
    return {};
}

base::Status WebhookPolicyTable::change(const TenantScope& scope, TenantId tenant,
                                        const model::WebhookPolicy& webhook) {
    if (!scope.allows(tenant)) return no_such("tenant", tenant.to_string());
    connection_.prepare("UPDATE webhook SET kinds = ?3 WHERE tenant = ?1 AND url = ?2")
        .bind(1, tenant.value())
        .bind(2, webhook.url)
        .bind(3, base::joined(webhook.kinds, " "))
        .run();
    if (connection_.changed_rows() == 0) return no_such("webhook", webhook.url);
    return {};
}

base::Status WebhookPolicyTable::remove(const TenantScope& scope, TenantId tenant, std::string_view url) {
    if (!scope.allows(tenant)) return no_such("tenant", tenant.to_string());
    connection_.prepare("DELETE FROM webhook WHERE tenant = ?1 AND url = ?2")
        .bind(1, tenant.value())
        .bind(2, url)
        .run();
    if (connection_.changed_rows() == 0) return no_such("webhook", std::string(url));
    return {};
}

}  // namespace sluice::store::sqlite
