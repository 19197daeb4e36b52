#include "api/users/token_routes.hpp"

#include "api/body_reader.hpp"
#include "api/page_json.hpp"
#include "api/path_object.hpp"
#include "tenancy/authentication_service.hpp"

namespace sluice::api::users {
namespace {

using model::TokenId;

Json to_json(const tenancy::Credential& token) {
    return Json{{"id", token.id.to_string()},
                {"name", token.name},
                {"created_at", base::to_rfc3339(token.created_at)},
                {"expires_at", time_or_null(token.expires_at)}};
}

Reply list(const Services& services, const Call& call) {
    const auto page = page_request(call);
    if (!page) return std::unexpected(page.error());
    const auto after = cursor_id<TokenId>(*page);
    if (!after) return std::unexpected(after.error());
    const auto tokens = services.authentication.tokens(call.caller(), *after, page->limit + 1);
    if (!tokens) return std::unexpected(Problem::from(tokens.error()));
    return page_response(
        *tokens, *page, [](const auto& token) { return to_json(token); },
        [](const auto& token) { return token.id.to_string(); });
}

Reply create(const Services& services, const Call& call) {
    auto body = BodyReader::parse(call.request());
    if (!body) return std::unexpected(body.error());
    const auto name = body->text("name", 1, 100);
    const auto expires_at = body->optional_time("expires_at");
    if (expires_at && *expires_at <= services.clock.wall())
        body->wrong("expires_at", "is over; write a time to come");
    if (auto done = body->finish(); !done) return std::unexpected(done.error());
    const auto created = services.authentication.create_token(call.caller(), name, expires_at);
    if (!created) return std::unexpected(Problem::from(created.error()));
    auto response =
        json_response(201, Json{{"token", to_json(created->credential)}, {"secret", created->secret}});
    response.with("Cache-Control", "no-store");
    return response;
}

Reply remove(const Services& services, const Call& call) {
    return removed<TokenId>(call, "token_id", [&](const auto& caller, TokenId id) {
        return services.authentication.revoke_token(caller, id);
    });
}

}  // namespace

void add_token_routes(Router& router, const Services& services) {
    using http::Method;
    router.add({Method::get,
                "/tokens",
                "listTokens",
                everyone,
                BodyKind::none,
                {"cursor", "limit"},
                bind(services, list)});
    router.add(
        {Method::post, "/tokens", "createToken", everyone, BodyKind::json, {}, bind(services, create)});
    router.add({Method::del,
                "/tokens/{token_id}",
                "deleteToken",
                everyone,
                BodyKind::none,
                {},
                bind(services, remove)});
}

}  // namespace sluice::api::users
