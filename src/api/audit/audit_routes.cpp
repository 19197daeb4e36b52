#include "api/audit/audit_routes.hpp"

#include "api/page_json.hpp"
#include "tenancy/audit_log.hpp"

namespace sluice::api::audit {
namespace {

using model::AuditEntryId;

Json to_json(const tenancy::AuditEntry& entry) {
    return Json{{"id", entry.id.to_string()},
                {"at", base::to_rfc3339(entry.at)},
                {"actor", entry.actor},
                {"tenant_id", id_or_null(entry.tenant)},
                {"address", text_or_null(entry.address)},
                {"action", entry.action},
                {"object", entry.object},
                {"before", text_or_null(entry.before)},
                {"after", text_or_null(entry.after)},
                {"reason", text_or_null(entry.reason)},
                {"hash", tenancy::to_hex(entry.hash)}};
}

Reply list(const Services& services, const Call& call) {
    const auto page = page_request(call);
    if (!page) return std::unexpected(page.error());
    const auto tenant = tenant_filter(call, services);
    if (!tenant) return std::unexpected(tenant.error());
    const auto before = cursor_id<AuditEntryId>(*page);
    if (!before) return std::unexpected(before.error());
    const auto entries = services.audit.list(call.scope(), *tenant, *before, page->limit + 1);
    if (!entries) return std::unexpected(Problem::from(entries.error()));
    return page_response(
        *entries, *page, [](const auto& entry) { return to_json(entry); },
        [](const auto& entry) { return entry.id.to_string(); });
}

Reply verify(const Services& services, const Call& /*call*/) {
    const auto result = services.audit.verify();
    if (!result) return std::unexpected(Problem::from(result.error()));
    return json_response(
        200, Json{{"intact", result->intact},
                  {"entries", result->entries},
                  {"first_broken", id_or_null(result->first_broken)},
                  {"head_hash", result->entries == 0 ? Json(nullptr) : Json(tenancy::to_hex(result->head))}});
}

}  // namespace

void add_routes(Router& router, const Services& services) {
    using http::Method;
    router.add({Method::get,
                "/audit",
                "listAudit",
                all_but_tenant_viewers,
                BodyKind::none,
                {"tenant_id", "cursor", "limit"},
                bind(services, list)});
    router.add(
        {Method::get, "/audit/verify", "verifyAudit", operators, BodyKind::none, {}, bind(services, verify)});
}

}  // namespace sluice::api::audit
