#include "api/gate.hpp"

#include <fmt/format.h>
#include <algorithm>

#include "api/etag.hpp"

namespace sluice::api {
namespace {

struct Credentials {
    std::string secret;
    bool by_cookie = false;
};

std::optional<std::string> cookie(const http::Request& request, std::string_view name) {
    const auto* header = request.cookie_header();
    if (header == nullptr) return std::nullopt;
    std::string_view rest = *header;
    while (!rest.empty()) {
        const auto end = rest.find(';');
        auto one = rest.substr(0, end);
        rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
        while (one.starts_with(' ')) one.remove_prefix(1);
        if (one.size() > name.size() && one.starts_with(name) && one[name.size()] == '=') {
            return std::string(one.substr(name.size() + 1));
        }
    }
    return std::nullopt;
}

std::optional<Credentials> credentials_of(const http::Request& request) {
    constexpr std::string_view scheme = "Bearer ";
    if (const auto* header = request.header("authorization")) {
        if (!header->starts_with(scheme)) return std::nullopt;
        return Credentials{header->substr(scheme.size()), false};
    }
    if (auto secret = cookie(request, session_cookie)) return Credentials{std::move(*secret), true};
    return std::nullopt;
}

bool changes(http::Method method) {
    return method != http::Method::get && method != http::Method::head;
}

// A browser sends the cookie along whoever wrote the page; such a request must come from our own pages.
bool same_origin(const http::Request& request) {
    if (const auto* site = request.header("sec-fetch-site")) return *site == "same-origin";
    const auto* origin = request.header("origin");
    const auto* host = request.header("host");
    if (origin == nullptr || host == nullptr) return false;
    const auto scheme = origin->find("://");
    return scheme != std::string::npos && origin->substr(scheme + 3) == *host;
}

Outcome<void> check_form(const Route& route, const http::Request& request) {
    for (const auto& [name, value] : request.query) {
        if (std::ranges::find(route.query, name) == route.query.end()) {
            std::string known;
            for (const auto& one : route.query) known += (known.empty() ? "" : ", ") + std::string(one);
            return std::unexpected(
                Problem::invalid("query:" + name, known.empty() ? "is not known here; send no query"
                                                                : "is not known; there are " + known));
        }
        if (std::ranges::count(request.query, name, &http::NameValue::first) > 1) {
            return std::unexpected(Problem::invalid("query:" + name, "is there twice; write it once"));
        }
    }
    if (request.body.empty()) return {};
    if (route.body == BodyKind::none) {
        return std::unexpected(Problem(415, "unsupported-media-type", "The body can not be read.",
                                       "This operation takes no body."));
    }
    const auto* type = request.header("content-type");
    const std::string_view bare =
        type == nullptr ? std::string_view{} : std::string_view(*type).substr(0, type->find(';'));
    const bool fits = route.body == BodyKind::json ? bare == "application/json"
                                                   : bare == "application/yaml" || bare == "text/yaml";
    if (!fits) {
        return std::unexpected(Problem(415, "unsupported-media-type", "The body can not be read.",
                                       fmt::format("Send it with Content-Type: application/{}.",
                                                   route.body == BodyKind::json ? "json" : "yaml")));
    }
    return {};
}

void add_etag(const http::Request& request, http::Response& response) {
    if (response.status != 200 || response.stream || changes(request.method)) return;
    std::string tag;
    if (const auto* given = response.header("ETag")) {
        tag = *given;
    } else {
        tag = etag_of(response.body);
        response.with("ETag", tag);
    }
    const auto* known = request.header("if-none-match");
    if (known == nullptr || !matches_etag(*known, tag)) return;
    response.status = 304;
    response.body.clear();
    response.content_type.clear();
}

}  // namespace

Gate::Gate(const Router& router, const Services& services)
    : router_(router), services_(services), answers_({}, services.clock) {}

http::Response Gate::answer(const http::Request& request) {
    auto reply = pass(request);
    if (!reply) {
        reply.error().instance = request.id;
        if (reply.error().status >= 500) {
            services_.log.error("a request failed", {{"method", std::string(http::to_string(request.method))},
                                                     {"path", request.path},
                                                     {"request", request.id},
                                                     {"status", std::to_string(reply.error().status)},
                                                     {"why", reply.error().internal}});
        }
        return to_response(reply.error());
    }
    add_etag(request, *reply);
    // A page of the portal or a script asks again each time, and may be answered 304.
    if (reply->header("Cache-Control") == nullptr) reply->with("Cache-Control", "private, no-cache");
    return std::move(*reply);
}

Reply Gate::pass(const http::Request& request) {
    const auto path = std::string_view(request.path).substr(api_base.size());
    const auto match = router_.match(request.method, path);
    if (match.allow.empty()) {
        return std::unexpected(Problem(404, "not-found", "There is no such operation.",
                                       "See the API's description, schema/openapi.yaml."));
    }
    if (match.route == nullptr) {
        Problem problem(405, "method-not-allowed", "This can not be done with it.",
                        "The methods here are " + match.allow + ".");
        problem.headers.emplace_back("Allow", match.allow);
        return std::unexpected(std::move(problem));
    }
    const Route& route = *match.route;
    if (route.roles.empty()) {
        if (auto form = check_form(route, request); !form) return std::unexpected(form.error());
        return route.handler(Call(request, nullptr, match.parameters));
    }
    const auto identity = identify(request);
    if (!identity) return std::unexpected(identity.error());
    if (!route.roles.contains(identity->user.role)) {
        return std::unexpected(
            Problem::forbidden(fmt::format("{} is not for the role {}; ask an administrator.",
                                           route.operation, to_string(identity->user.role))));
    }
    if (auto form = check_form(route, request); !form) return std::unexpected(form.error());
    return once(route, Call(request, &*identity, match.parameters));
}

Outcome<tenancy::Identity> Gate::identify(const http::Request& request) const {
    const auto credentials = credentials_of(request);
    if (!credentials) {
        return std::unexpected(Problem::unauthenticated(
            "Sign in with POST /api/v1/session, or send Authorization: Bearer TOKEN."));
    }
    auto identity = services_.authentication.authenticate(credentials->secret, request.remote_address);
    if (!identity) {
        if (identity.error().code == base::ErrorCode::unauthenticated) {
            return std::unexpected(Problem::unauthenticated(
                "These credentials are not known or no longer good; sign in again."));
        }
        return std::unexpected(Problem::from(identity.error()));
    }
    if (credentials->by_cookie && changes(request.method) && !same_origin(request)) {
        return std::unexpected(
            Problem::forbidden("A change with the session cookie must come from the portal itself; programs "
                               "send Authorization: Bearer TOKEN."));
    }
    return std::move(*identity);
}

// With an Idempotency-Key the handler runs once; everybody else with the key gets its answer.
Reply Gate::once(const Route& route, const Call& call) {
    const auto& request = call.request();
    const auto* key = request.header("idempotency-key");
    if (key == nullptr || request.method != http::Method::post) return route.handler(call);
    if (key->empty() || key->size() > 64) {
        return std::unexpected(Problem::invalid("header:Idempotency-Key", "must have 1 to 64 characters"));
    }
    const std::string whose = call.identity().user.id.to_string() + ' ' + *key;
    auto begun = answers_.begin(whose, request.path + ' ' + etag_of(request.body));
    switch (begun.verdict) {
        case IdempotencyBook::Verdict::repeat:
            return std::move(begun.answer);
        case IdempotencyBook::Verdict::busy:
            return std::unexpected(Problem::conflict(
                "The first request with this Idempotency-Key is still at work; try again."));
        case IdempotencyBook::Verdict::misuse:
            return std::unexpected(
                Problem::conflict("This Idempotency-Key was used for another request; choose a new one."));
        case IdempotencyBook::Verdict::begin:
            break;
    }
    try {
        auto reply = route.handler(call);
        answers_.finish(whose, reply ? *reply : to_response(reply.error()));
        return reply;
    } catch (...) {
        answers_.finish(whose, http::Response{.status = 500});
        throw;
    }
}

}  // namespace sluice::api
