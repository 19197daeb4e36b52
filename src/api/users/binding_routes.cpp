#include "api/users/binding_routes.hpp"

#include "api/body_reader.hpp"
#include "api/page_json.hpp"
#include "api/tenants/tenant_json.hpp"
#include "tenancy/user_binding_service.hpp"

namespace sluice::api::users {
namespace {

constexpr std::uint64_t longest_life_s = 30ULL * 24 * 3600;

Json to_json(const model::UserBinding& binding) {
    return Json{{"id", tenants::prefix_id(binding.prefix)},
                {"tenant_id", binding.tenant.to_string()},
                {"prefix", binding.prefix.to_string()},
                {"user", binding.user},
                {"groups", binding.groups},
                {"since", base::to_rfc3339(binding.since)},
                {"expires_at", base::to_rfc3339(binding.expires)}};
}

// An address may stand without its length.
std::optional<net::Prefix> parse_binding_id(std::string_view id) {
    if (id.find('-') != std::string_view::npos) return tenants::parse_prefix_id(id);
    const auto address = net::Address::parse(id);
    if (!address) return std::nullopt;
    return net::Prefix::host(*address);
}

Outcome<model::UserBindingKey> key_of(const Call& call) {
    const auto tenant = call.id<model::TenantId>("tenant_id");
    if (!tenant) return std::unexpected(tenant.error());
    const auto prefix = parse_binding_id(call.parameter("binding_id"));
    if (!prefix) return std::unexpected(Problem::not_found());
    return model::UserBindingKey{*tenant, *prefix};
}

Reply list(const Services& services, const Call& call) {
    const auto tenant = call.id<model::TenantId>("tenant_id");
    if (!tenant) return std::unexpected(tenant.error());
    const auto page = page_request(call);
    if (!page) return std::unexpected(page.error());
    std::optional<net::Prefix> after;
    if (!page->cursor.empty()) {
        after = tenants::parse_prefix_id(page->cursor);
        if (!after)
            return std::unexpected(
                Problem::invalid("query:cursor", "is no cursor of this list; take next_cursor"));
    }
    const auto bindings = services.user_bindings.list(call.scope(), *tenant, after, page->limit + 1);
    if (!bindings) return std::unexpected(Problem::from(bindings.error()));
    return page_response(
        *bindings, *page, [](const auto& binding) { return to_json(binding); },
        [](const auto& binding) { return tenants::prefix_id(binding.prefix); });
}

Reply put(const Services& services, const Call& call) {
    const auto key = key_of(call);
    if (!key) return std::unexpected(key.error());
    // What is not there is not found, whatever the body says.
    if (const auto seen = services.user_bindings.list(call.scope(), key->tenant, std::nullopt, 1); !seen)
        return std::unexpected(Problem::from(seen.error()));
    auto body = BodyReader::parse(call.request());
    if (!body) return std::unexpected(body.error());
    model::UserBinding binding;
    binding.tenant = key->tenant;
    binding.prefix = key->prefix;
    binding.user = body->text("user", 1, model::UserBindingLimits::name_bytes);
    binding.groups =
        body->text_list("groups", model::UserBindingLimits::groups, model::UserBindingLimits::name_bytes);
    const auto life = body->optional_number("lifetime_s", 1, longest_life_s);
    const auto until = body->optional_time("expires_at");
    if (!body->has("lifetime_s") && !body->has("expires_at"))
        body->wrong("lifetime_s", "is missing; write how long the log-in lives, or expires_at");
    else if (body->has("lifetime_s") && body->has("expires_at"))
        body->wrong("expires_at", "stands beside lifetime_s; write one of them");
    if (auto done = body->finish(); !done) return std::unexpected(done.error());
    binding.expires = until.value_or(services.clock.wall() + std::chrono::seconds(life.value_or(0)));
    const auto put = services.user_bindings.put(call.caller(), binding);
    if (!put) return std::unexpected(Problem::from(put.error()));
    return json_response(200, to_json(*put));
}

Reply remove(const Services& services, const Call& call) {
    const auto key = key_of(call);
    if (!key) return std::unexpected(key.error());
    if (auto done = services.user_bindings.remove(call.caller(), *key); !done)
        return std::unexpected(Problem::from(done.error()));
    return http::Response{.status = 204};
}

}  // namespace

void add_binding_routes(Router& router, const Services& services) {
    using http::Method;
    router.add({Method::get,
                "/tenants/{tenant_id}/user-bindings",
                "listUserBindings",
                everyone,
                BodyKind::none,
                {"cursor", "limit"},
                bind(services, list)});
    router.add({Method::put,
                "/tenants/{tenant_id}/user-bindings/{binding_id}",
                "putUserBinding",
                changers,
                BodyKind::json,
                {},
                bind(services, put)});
    router.add({Method::del,
                "/tenants/{tenant_id}/user-bindings/{binding_id}",
                "deleteUserBinding",
                changers,
                BodyKind::none,
                {},
                bind(services, remove)});
}

}  // namespace sluice::api::users
