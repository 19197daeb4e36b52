#include "api/session/session_routes.hpp"

#include <fmt/format.h>

#include "api/body_reader.hpp"
#include "api/gate.hpp"
#include "api/json.hpp"
#include "api/session/me_json.hpp"
#include "tenancy/authentication_service.hpp"
#include "tenancy/policy_board.hpp"

namespace sluice::api::session {
namespace {

std::string cookie_of(const std::string& secret, std::int64_t max_age_s, bool secure) {
    return fmt::format("{}={}; Path=/; HttpOnly; SameSite=Strict; Max-Age={}{}", session_cookie, secret,
                       max_age_s, secure ? "; Secure" : "");
}

Reply login(const Services& services, const Call& call) {
    auto body = BodyReader::parse(call.request());
    if (!body) return std::unexpected(body.error());
    const auto name = body->text("login", 1, 100);
    const auto password = body->text("password", 1, 200);
    if (auto done = body->finish(); !done) return std::unexpected(done.error());

    const auto granted = services.authentication.login(name, password, call.request().remote_address);
    if (!granted) {
        const auto& refused = granted.error();
        if (refused.error.code == base::ErrorCode::exhausted) {
            Problem problem(429, "too-many", "There were too many tries.", refused.error.message());
            problem.headers.emplace_back("Retry-After", std::to_string(std::max(refused.retry_after_s, 1U)));
            return std::unexpected(std::move(problem));
        }
        if (refused.error.code == base::ErrorCode::unauthenticated) {
            return std::unexpected(Problem::unauthenticated("Login or password is wrong."));
        }
        return std::unexpected(Problem::from(refused.error));
    }
    const auto& identity = granted->identity;
    const auto ends = identity.credential.expires_at.value_or(services.clock.wall() + std::chrono::hours(12));
    Json answer{{"token", granted->secret},
                {"expires_at", base::to_rfc3339(ends)},
                {"me", me_json(identity, services)}};
    auto response = json_response(201, answer);
    const auto seconds =
        std::chrono::duration_cast<std::chrono::seconds>(ends - services.clock.wall()).count();
    response.with("Set-Cookie", cookie_of(granted->secret, seconds, call.request().secure));
    response.with("Cache-Control", "no-store");
    return response;
}

Reply whoami(const Services& services, const Call& call) {
    return json_response(200, me_json(call.identity(), services));
}

Reply logout(const Services& services, const Call& call) {
    if (auto done = services.authentication.logout(call.identity()); !done) {
        return std::unexpected(Problem::from(done.error()));
    }
    http::Response response;
    response.status = 204;
    response.with("Set-Cookie", cookie_of("", 0, call.request().secure));
    return response;
}

}  // namespace

Json me_json(const tenancy::Identity& identity, const Services& services) {
    const auto& user = identity.user;
    const auto state = services.board.current();
    const auto* tenant = user.tenant.is_none() || !state ? nullptr : state->find(user.tenant);
    return Json{{"user_id", user.id.to_string()},
                {"login", user.login},
                {"role", to_string(user.role)},
                {"tenant_id", id_or_null(user.tenant)},
                {"tenant_slug", tenant ? Json(tenant->tenant.slug) : Json(nullptr)},
                {"tenant_name", tenant ? Json(tenant->tenant.name) : Json(nullptr)},
                {"authenticated_by",
                 identity.credential.kind == tenancy::CredentialKind::session ? "session" : "token"},
                {"expires_at", time_or_null(identity.credential.expires_at)}};
}

void add_routes(Router& router, const Services& services) {
    using http::Method;
    router.add({Method::post, "/session", "login", {}, BodyKind::json, {}, bind(services, login)});
    router.add({Method::get, "/session", "getSession", everyone, BodyKind::none, {}, bind(services, whoami)});
    router.add({Method::del, "/session", "logout", everyone, BodyKind::none, {}, bind(services, logout)});
}

}  // namespace sluice::api::session
