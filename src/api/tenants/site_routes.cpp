#include "api/tenants/site_routes.hpp"

#include <limits>

#include "api/body_reader.hpp"
#include "api/etag.hpp"
#include "api/page_json.hpp"
#include "api/path_object.hpp"
#include "api/tenants/tenant_json.hpp"
#include "tenancy/directory_service.hpp"

namespace sluice::api::tenants {
namespace {

using model::SiteId;

constexpr std::uint64_t most_bps = std::numeric_limits<std::int64_t>::max();

http::Response show(int status, const model::Site& site) {
    auto response = json_response(status, to_json(site));
    response.with("ETag", etag_of_version(site.version));
    if (status == 201) response.with("Location", "/api/v1/sites/" + site.id.to_string());
    return response;
}

Reply list(const Services& services, const Call& call) {
    const auto page = page_request(call);
    if (!page) return std::unexpected(page.error());
    const auto tenant = tenant_filter(call, services);
    if (!tenant) return std::unexpected(tenant.error());
    const auto after = cursor_id<SiteId>(*page);
    if (!after) return std::unexpected(after.error());
    const auto sites = services.directory.sites(call.scope(), *tenant, *after, page->limit + 1);
    if (!sites) return std::unexpected(Problem::from(sites.error()));
    return page_response(
        *sites, *page, [](const auto& site) { return to_json(site); },
        [](const auto& site) { return site.id.to_string(); });
}

Reply create(const Services& services, const Call& call) {
    auto body = BodyReader::parse(call.request());
    if (!body) return std::unexpected(body.error());
    const auto tenant = body->nullable_id<model::TenantId>("tenant_id");
    const auto name = body->text("name", 1, 200);
    const auto line_rate_bps = body->optional_number("line_rate_bps", 1, most_bps);
    if (!tenant) body->wrong("tenant_id", "must be a tenant's id");
    if (auto done = body->finish(); !done) return std::unexpected(done.error());
    const auto site = services.directory.create_site(call.caller(), *tenant, name, line_rate_bps.value_or(0));
    if (!site) return std::unexpected(Problem::from(site.error()));
    return show(201, *site);
}

Outcome<model::Site> find(const Services& services, const Call& call) {
    return object_of<SiteId>(
        call, "site_id", [&](const auto& scope, SiteId id) { return services.directory.site(scope, id); });
}

Reply get(const Services& services, const Call& call) {
    const auto site = find(services, call);
    if (!site) return std::unexpected(site.error());
    return show(200, *site);
}

Reply update(const Services& services, const Call& call) {
    const auto site = unchanged(call, find(services, call));
    if (!site) return std::unexpected(site.error());
    auto body = BodyReader::parse(call.request());
    if (!body) return std::unexpected(body.error());
    tenancy::SiteChange change;
    change.name = body->optional_text("name", 1, 200);
    change.line_rate_bps = body->optional_number("line_rate_bps", 1, most_bps);
    if (body->has("line_rate_bps") && !change.line_rate_bps) change.line_rate_bps = 0;  // null: not known
    if (!body->has("name") && !body->has("line_rate_bps"))
        body->wrong("", "changes nothing; give name or line_rate_bps");
    if (auto done = body->finish(); !done) return std::unexpected(done.error());
    const auto changed = services.directory.change_site(call.caller(), site->id, site->version, change);
    if (!changed) return std::unexpected(changed_problem(changed.error()));
    return show(200, *changed);
}

Reply remove(const Services& services, const Call& call) {
    return removed<SiteId>(call, "site_id", [&](const auto& caller, SiteId id) {
        return services.directory.remove_site(caller, id);
    });
}

}  // namespace

void add_site_routes(Router& router, const Services& services) {
    using http::Method;
    router.add({Method::get,
                "/sites",
                "listSites",
                everyone,
                BodyKind::none,
                {"tenant_id", "cursor", "limit"},
                bind(services, list)});
    router.add(
        {Method::post, "/sites", "createSite", operator_admins, BodyKind::json, {}, bind(services, create)});
    router.add(
        {Method::get, "/sites/{site_id}", "getSite", everyone, BodyKind::none, {}, bind(services, get)});
    router.add({Method::patch,
                "/sites/{site_id}",
                "updateSite",
                operator_admins,
                BodyKind::json,
                {},
                bind(services, update)});
    router.add({Method::del,
                "/sites/{site_id}",
                "deleteSite",
                operator_admins,
                BodyKind::none,
                {},
                bind(services, remove)});
}

}  // namespace sluice::api::tenants
