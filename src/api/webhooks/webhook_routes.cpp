#include "api/webhooks/webhook_routes.hpp"

#include <fmt/format.h>
#include <algorithm>

#include "api/body_reader.hpp"
#include "api/etag.hpp"
#include "api/page_json.hpp"
#include "incident/webhook.hpp"
#include "tenancy/audit_log.hpp"
#include "tenancy/directory_service.hpp"

namespace sluice::api::webhooks {
namespace {

using incident::Webhook;
using model::WebhookId;

constexpr std::size_t most_webhooks = 32;  // of one tenant, and of the provider

Json to_json(const Webhook& webhook) {
    return Json{{"id", webhook.id.to_string()},
                {"tenant_id", id_or_null(webhook.tenant)},
                {"url", webhook.url},
                {"kinds", webhook.kinds},
                {"created_at", base::to_rfc3339(webhook.created_at)}};
}

Outcome<std::vector<Webhook>> visible(const Services& services, const Call& call) {
    auto all = services.webhooks.list(call.scope());
    if (!all) return std::unexpected(Problem::from(all.error()));
    std::ranges::sort(*all, {}, &Webhook::id);
    return std::move(*all);
}

Outcome<Webhook> find(const Services& services, const Call& call) {
    const auto id = call.id<WebhookId>("webhook_id");
    if (!id) return std::unexpected(id.error());
    auto all = visible(services, call);
    if (!all) return std::unexpected(all.error());
    const auto found = std::ranges::find(*all, *id, &Webhook::id);
    if (found == all->end()) return std::unexpected(Problem::not_found());
    return std::move(*found);
}

Reply list(const Services& services, const Call& call) {
    const auto page = page_request(call);
    if (!page) return std::unexpected(page.error());
    const auto tenant = tenant_filter(call, services);
    if (!tenant) return std::unexpected(tenant.error());
    const auto after = cursor_id<WebhookId>(*page);
    if (!after) return std::unexpected(after.error());
    auto all = visible(services, call);
    if (!all) return std::unexpected(all.error());
    std::erase_if(*all, [&](const Webhook& webhook) {
        return webhook.id <= *after || (*tenant && webhook.tenant != **tenant);
    });
    return page_response(
        *all, *page, [](const auto& webhook) { return to_json(webhook); },
        [](const auto& webhook) { return webhook.id.to_string(); });
}

std::string random_secret(base::Random& random) {
    std::string text = "slw_";
    for (int i = 0; i < 4; ++i) fmt::format_to(std::back_inserter(text), "{:016x}", random.next());
    return text;
}

base::Status audit(const Services& services, const Call& call, const Webhook& webhook, std::string action) {
    const auto entry =
        services.audit.record(call.caller(), {webhook.tenant, std::move(action), webhook.url, {}, {}, {}});
    if (!entry) return std::unexpected(entry.error());
    return {};
}

Outcome<void> check_room(const Services& services, const Call& call, model::TenantId tenant) {
    const auto all = visible(services, call);
    if (!all) return std::unexpected(all.error());
    if (static_cast<std::size_t>(std::ranges::count(*all, tenant, &Webhook::tenant)) < most_webhooks)
        return {};
    return std::unexpected(Problem(409, "limit-reached", "A configured limit is reached.",
                                   fmt::format("There are {} webhooks already; remove one.", most_webhooks)));
}

Reply create(const Services& services, const Call& call) {
    auto body = BodyReader::parse(call.request());
    if (!body) return std::unexpected(body.error());
    Webhook draft;
    draft.tenant = body->nullable_id<model::TenantId>("tenant_id").value_or(model::TenantId{});
    draft.url = body->text("url", 1, 500);
    draft.kinds = body->text_list("kinds", 32, 64);
    if (!draft.url.empty() && !draft.url.starts_with("http://") && !draft.url.starts_with("https://")) {
        body->wrong("url", "must begin with https:// or http://");
    }
    if (auto done = body->finish(); !done) return std::unexpected(done.error());
    // Events of all tenants are the provider's; a tenant's own need his tenant named.
    if (draft.tenant.is_none() && !call.scope().is_provider()) return std::unexpected(Problem::not_found());
    if (!draft.tenant.is_none()) {
        const auto tenant = services.directory.tenant(call.scope(), draft.tenant);
        if (!tenant) return std::unexpected(Problem::from(tenant.error()));
    }
    if (auto room = check_room(services, call, draft.tenant); !room) return std::unexpected(room.error());
    draft.secret = random_secret(services.random);
    draft.created_at = services.clock.wall();
    if (auto done = audit(services, call, draft, "webhook.create"); !done)
        return std::unexpected(Problem::from(done.error()));
    const auto created = services.webhooks.create(call.scope(), draft);
    if (!created) return std::unexpected(Problem::from(created.error()));
    auto response = json_response(201, Json{{"webhook", to_json(*created)}, {"secret", draft.secret}});
    response.with("Location", "/api/v1/webhooks/" + created->id.to_string())
        .with("Cache-Control", "no-store");
    return response;
}

Reply get(const Services& services, const Call& call) {
    const auto webhook = find(services, call);
    if (!webhook) return std::unexpected(webhook.error());
    return json_response(200, to_json(*webhook));
}

Reply remove(const Services& services, const Call& call) {
    const auto webhook = find(services, call);
    if (!webhook) return std::unexpected(webhook.error());
    if (auto done = audit(services, call, *webhook, "webhook.remove"); !done)
        return std::unexpected(Problem::from(done.error()));
    if (auto done = services.webhooks.remove(call.scope(), webhook->id); !done) {
        return std::unexpected(Problem::from(done.error()));
    }
    return http::Response{.status = 204};
}

}  // namespace

void add_routes(Router& router, const Services& services) {
    using http::Method;
    router.add({Method::get,
                "/webhooks",
                "listWebhooks",
                all_but_tenant_viewers,
                BodyKind::none,
                {"tenant_id", "cursor", "limit"},
                bind(services, list)});
    router.add(
        {Method::post, "/webhooks", "createWebhook", changers, BodyKind::json, {}, bind(services, create)});
    router.add({Method::get,
                "/webhooks/{webhook_id}",
                "getWebhook",
                all_but_tenant_viewers,
                BodyKind::none,
                {},
                bind(services, get)});
    router.add({Method::del,
                "/webhooks/{webhook_id}",
                "deleteWebhook",
                changers,
                BodyKind::none,
                {},
                bind(services, remove)});
}

}  // namespace sluice::api::webhooks
