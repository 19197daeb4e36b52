#include "api/users/user_routes.hpp"

#include "api/body_reader.hpp"
#include "api/etag.hpp"
#include "api/page_json.hpp"
#include "api/path_object.hpp"
#include "api/users/binding_routes.hpp"
#include "api/users/token_routes.hpp"
#include "tenancy/user_service.hpp"

namespace sluice::api::users {
namespace {

using model::UserId;

constexpr std::size_t shortest_password = 12;

Json to_json(const model::User& user) {
    return Json{{"id", user.id.to_string()},
                {"tenant_id", id_or_null(user.tenant)},
                {"login", user.login},
                {"role", to_string(user.role)},
                {"disabled", user.disabled}};
}

http::Response show(int status, const model::User& user) {
    auto response = json_response(status, to_json(user));
    response.with("ETag", etag_of_version(user.version));
    if (status == 201) response.with("Location", "/api/v1/users/" + user.id.to_string());
    return response;
}

std::optional<model::Role> read_role(BodyReader& body) {
    const auto text = body.optional_text("role", 1, 40);
    if (!text) return std::nullopt;
    const auto role = model::parse_role(*text);
    if (!role)
        body.wrong("role", "must be one of operator_admin, operator_viewer, tenant_admin, tenant_viewer");
    return role;
}

Reply list(const Services& services, const Call& call) {
    const auto page = page_request(call);
    if (!page) return std::unexpected(page.error());
    const auto tenant = tenant_filter(call, services);
    if (!tenant) return std::unexpected(tenant.error());
    const auto after = cursor_id<UserId>(*page);
    if (!after) return std::unexpected(after.error());
    const auto users = services.users.list(call.scope(), *tenant, *after, page->limit + 1);
    if (!users) return std::unexpected(Problem::from(users.error()));
    return page_response(
        *users, *page, [](const auto& user) { return to_json(user); },
        [](const auto& user) { return user.id.to_string(); });
}

Reply create(const Services& services, const Call& call) {
    auto body = BodyReader::parse(call.request());
    if (!body) return std::unexpected(body.error());
    const auto tenant = body->nullable_id<model::TenantId>("tenant_id");
    const auto login = body->text("login", 1, 100);
    const auto role = read_role(*body);
    if (!role) body->wrong("role", "is missing; write a role");
    const auto password = body->text("password", shortest_password, 200);
    if (auto done = body->finish(); !done) return std::unexpected(done.error());
    const auto user =
        services.users.create(call.caller(), tenant.value_or(model::TenantId{}), login, *role, password);
    if (!user) return std::unexpected(Problem::from(user.error()));
    return show(201, *user);
}

Outcome<model::User> find(const Services& services, const Call& call) {
    return object_of<UserId>(call, "user_id",
                             [&](const auto& scope, UserId id) { return services.users.find(scope, id); });
}

Reply get(const Services& services, const Call& call) {
    const auto user = find(services, call);
    if (!user) return std::unexpected(user.error());
    return show(200, *user);
}

Reply update(const Services& services, const Call& call) {
    const auto user = unchanged(call, find(services, call));
    if (!user) return std::unexpected(user.error());
    auto body = BodyReader::parse(call.request());
    if (!body) return std::unexpected(body.error());
    tenancy::UserChange change;
    change.role = read_role(*body);
    change.disabled = body->optional_boolean("disabled");
    if (!body->has("role") && !body->has("disabled"))
        body->wrong("", "changes nothing; give role or disabled");
    if (auto done = body->finish(); !done) return std::unexpected(done.error());
    const auto changed = services.users.change(call.caller(), user->id, user->version, change);
    if (!changed) return std::unexpected(changed_problem(changed.error()));
    return show(200, *changed);
}

Reply remove(const Services& services, const Call& call) {
    return removed<UserId>(call, "user_id",
                           [&](const auto& caller, UserId id) { return services.users.remove(caller, id); });
}

Reply set_password(const Services& services, const Call& call) {
    const auto id = call.id<UserId>("user_id");
    if (!id) return std::unexpected(id.error());
    auto body = BodyReader::parse(call.request());
    if (!body) return std::unexpected(body.error());
    const auto password = body->text("password", shortest_password, 200);
    const auto present = body->optional_text("current_password", 0, 200);
    if (auto done = body->finish(); !done) return std::unexpected(done.error());
    const auto& credential = call.identity().credential;
    const auto keep = credential.kind == tenancy::CredentialKind::session ? credential.id : model::TokenId{};
    if (auto done = services.users.set_password(call.caller(), *id, password, present, keep); !done) {
        return std::unexpected(Problem::from(done.error()));
    }
    return http::Response{.status = 204};
}

}  // namespace

void add_routes(Router& router, const Services& services) {
    using http::Method;
    router.add({Method::get,
                "/users",
                "listUsers",
                all_but_tenant_viewers,
                BodyKind::none,
                {"tenant_id", "cursor", "limit"},
                bind(services, list)});
    router.add({Method::post, "/users", "createUser", changers, BodyKind::json, {}, bind(services, create)});
    router.add({Method::get,
                "/users/{user_id}",
                "getUser",
                all_but_tenant_viewers,
                BodyKind::none,
                {},
                bind(services, get)});
    router.add({Method::patch,
                "/users/{user_id}",
                "updateUser",
                changers,
                BodyKind::json,
                {},
                bind(services, update)});
    router.add({Method::del,
                "/users/{user_id}",
                "deleteUser",
                changers,
                BodyKind::none,
                {},
                bind(services, remove)});
    router.add({Method::put,
                "/users/{user_id}/password",
                "setPassword",
                everyone,
                BodyKind::json,
                {},
                bind(services, set_password)});
    add_token_routes(router, services);
    add_binding_routes(router, services);
}

}  // namespace sluice::api::users
