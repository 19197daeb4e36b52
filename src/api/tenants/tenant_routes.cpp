#include "api/tenants/tenant_routes.hpp"

#include "api/body_reader.hpp"
#include "api/etag.hpp"
#include "api/page_json.hpp"
#include "api/path_object.hpp"
#include "api/tenants/prefix_routes.hpp"
#include "api/tenants/site_routes.hpp"
#include "api/tenants/status_route.hpp"
#include "api/tenants/tenant_json.hpp"
#include "tenancy/directory_service.hpp"

namespace sluice::api::tenants {
namespace {

using model::TenantId;

http::Response show(int status, const model::Tenant& tenant) {
    auto response = json_response(status, to_json(tenant));
    response.with("ETag", etag_of_version(tenant.version));
    if (status == 201) response.with("Location", "/api/v1/tenants/" + tenant.id.to_string());
    return response;
}

Reply list(const Services& services, const Call& call) {
    const auto page = page_request(call);
    if (!page) return std::unexpected(page.error());
    const auto after = cursor_id<TenantId>(*page);
    if (!after) return std::unexpected(after.error());
    const auto tenants = services.directory.tenants(call.scope(), *after, page->limit + 1);
    if (!tenants) return std::unexpected(Problem::from(tenants.error()));
    return page_response(
        *tenants, *page, [](const auto& tenant) { return to_json(tenant); },
        [](const auto& tenant) { return tenant.id.to_string(); });
}

Reply create(const Services& services, const Call& call) {
    auto body = BodyReader::parse(call.request());
    if (!body) return std::unexpected(body.error());
    const auto slug = body->text("slug", 1, 63);
    const auto name = body->text("name", 1, 200);
    if (auto done = body->finish(); !done) return std::unexpected(done.error());
    const auto tenant = services.directory.create_tenant(call.caller(), slug, name);
    if (!tenant) return std::unexpected(Problem::from(tenant.error()));
    return show(201, *tenant);
}

Outcome<model::Tenant> find(const Services& services, const Call& call) {
    return object_of<TenantId>(call, "tenant_id", [&](const auto& scope, TenantId id) {
        return services.directory.tenant(scope, id);
    });
}

Reply get(const Services& services, const Call& call) {
    const auto tenant = find(services, call);
    if (!tenant) return std::unexpected(tenant.error());
    return show(200, *tenant);
}

Reply update(const Services& services, const Call& call) {
    const auto tenant = unchanged(call, find(services, call));
    if (!tenant) return std::unexpected(tenant.error());
    auto body = BodyReader::parse(call.request());
    if (!body) return std::unexpected(body.error());
    const auto name = body->text("name", 1, 200);
    if (auto done = body->finish(); !done) return std::unexpected(done.error());
    const auto changed = services.directory.rename_tenant(call.caller(), tenant->id, tenant->version, name);
    if (!changed) return std::unexpected(changed_problem(changed.error()));
    return show(200, *changed);
}

Reply remove(const Services& services, const Call& call) {
    return removed<TenantId>(call, "tenant_id", [&](const auto& caller, TenantId id) {
        return services.directory.remove_tenant(caller, id);
    });
}

}  // namespace

void add_routes(Router& router, const Services& services) {
    using http::Method;
    router.add({Method::get,
                "/tenants",
                "listTenants",
                everyone,
                BodyKind::none,
                {"cursor", "limit"},
                bind(services, list)});
    router.add({Method::post,
                "/tenants",
                "createTenant",
                operator_admins,
                BodyKind::json,
                {},
                bind(services, create)});
    router.add({Method::get,
                "/tenants/{tenant_id}",
                "getTenant",
                everyone,
                BodyKind::none,
                {},
                bind(services, get)});
    router.add({Method::patch,
                "/tenants/{tenant_id}",
                "updateTenant",
                operator_admins,
                BodyKind::json,
                {},
                bind(services, update)});
    router.add({Method::del,
                "/tenants/{tenant_id}",
                "deleteTenant",
                operator_admins,
                BodyKind::none,
                {},
                bind(services, remove)});
    add_status_route(router, services);
    add_site_routes(router, services);
    add_prefix_routes(router, services);
}

}  // namespace sluice::api::tenants
