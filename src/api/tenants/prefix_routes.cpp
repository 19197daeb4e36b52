#include "api/tenants/prefix_routes.hpp"

#include "api/body_reader.hpp"
#include "api/etag.hpp"
#include "api/page_json.hpp"
#include "api/path_object.hpp"
#include "api/tenants/tenant_json.hpp"
#include "tenancy/directory_service.hpp"

namespace sluice::api::tenants {
namespace {

http::Response show(int status, const model::TenantPrefix& prefix) {
    auto response = json_response(status, to_json(prefix));
    response.with("ETag", etag_of_version(prefix.version));
    if (status == 201) response.with("Location", "/api/v1/prefixes/" + prefix_id(prefix.prefix));
    return response;
}

std::optional<model::ConsentMode> read_consent(BodyReader& body) {
    const auto text = body.optional_text("consent", 1, 10);
    if (!text) return std::nullopt;
    const auto mode = model::parse_consent_mode(*text);
    if (!mode) body.wrong("consent", "must be one of off, ask, auto");
    return mode;
}

Reply list(const Services& services, const Call& call) {
    const auto page = page_request(call);
    if (!page) return std::unexpected(page.error());
    const auto tenant = tenant_filter(call, services);
    if (!tenant) return std::unexpected(tenant.error());
    std::optional<net::Prefix> after;
    if (!page->cursor.empty()) {
        after = parse_prefix_id(page->cursor);
        if (!after)
            return std::unexpected(
                Problem::invalid("query:cursor", "is no cursor of this list; take next_cursor"));
    }
    const auto prefixes = services.directory.prefixes(call.scope(), *tenant, after, page->limit + 1);
    if (!prefixes) return std::unexpected(Problem::from(prefixes.error()));
    return page_response(
        *prefixes, *page, [](const auto& prefix) { return to_json(prefix); },
        [](const auto& prefix) { return prefix_id(prefix.prefix); });
}

Reply create(const Services& services, const Call& call) {
    auto body = BodyReader::parse(call.request());
    if (!body) return std::unexpected(body.error());
    model::TenantPrefix draft;
    const auto tenant = body->nullable_id<model::TenantId>("tenant_id");
    if (!tenant) body->wrong("tenant_id", "must be a tenant's id");
    draft.tenant = tenant.value_or(model::TenantId{});
    draft.site = body->optional_id<model::SiteId>("site_id").value_or(model::SiteId{});
    const auto text = body->text("prefix", 1, 64);
    if (const auto prefix = net::Prefix::parse(text)) {
        draft.prefix = *prefix;
    } else if (!text.empty()) {
        body->wrong("prefix", prefix.error().message());
    }
    draft.consent = read_consent(*body).value_or(model::ConsentMode::off);
    if (auto done = body->finish(); !done) return std::unexpected(done.error());
    const auto prefix = services.directory.create_prefix(call.caller(), draft);
    if (!prefix) return std::unexpected(Problem::from(prefix.error()));
    return show(201, *prefix);
}

Outcome<model::TenantPrefix> find(const Services& services, const Call& call) {
    const auto prefix = parse_prefix_id(call.parameter("prefix_id"));
    if (!prefix) return std::unexpected(Problem::not_found());
    auto found = services.directory.prefix(call.scope(), *prefix);
    if (!found) return std::unexpected(Problem::from(found.error()));
    return std::move(*found);
}

Reply get(const Services& services, const Call& call) {
    const auto prefix = find(services, call);
    if (!prefix) return std::unexpected(prefix.error());
    return show(200, *prefix);
}

Reply update_consent(const Services& services, const Call& call) {
    const auto prefix = unchanged(call, find(services, call));
    if (!prefix) return std::unexpected(prefix.error());
    auto body = BodyReader::parse(call.request());
    if (!body) return std::unexpected(body.error());
    const auto consent = read_consent(*body);
    if (!body->has("consent")) body->wrong("consent", "is missing; write off, ask or auto");
    const auto reason = body->text("reason", 1, 500);
    if (auto done = body->finish(); !done) return std::unexpected(done.error());
    const auto changed =
        services.directory.set_consent(call.caller(), prefix->prefix, prefix->version, *consent, reason);
    if (!changed) return std::unexpected(changed_problem(changed.error()));
    return show(200, *changed);
}

Reply remove(const Services& services, const Call& call) {
    const auto prefix = parse_prefix_id(call.parameter("prefix_id"));
    if (!prefix) return std::unexpected(Problem::not_found());
    if (auto done = services.directory.remove_prefix(call.caller(), *prefix); !done) {
        return std::unexpected(Problem::from(done.error()));
    }
    return http::Response{.status = 204};
}

}  // namespace

void add_prefix_routes(Router& router, const Services& services) {
    using http::Method;
    router.add({Method::get,
                "/prefixes",
                "listPrefixes",
                everyone,
                BodyKind::none,
                {"tenant_id", "cursor", "limit"},
                bind(services, list)});
    router.add({Method::post,
                "/prefixes",
                "createPrefix",
                operator_admins,
                BodyKind::json,
                {},
                bind(services, create)});
    router.add({Method::get,
                "/prefixes/{prefix_id}",
                "getPrefix",
                everyone,
                BodyKind::none,
                {},
                bind(services, get)});
    router.add({Method::patch,
                "/prefixes/{prefix_id}",
                "updatePrefixConsent",
                changers,
                BodyKind::json,
                {},
                bind(services, update_consent)});
    router.add({Method::del,
                "/prefixes/{prefix_id}",
                "deletePrefix",
                operator_admins,
                BodyKind::none,
                {},
                bind(services, remove)});
}

}  // namespace sluice::api::tenants
