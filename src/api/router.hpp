// The table of routes: what may be asked for, by whom, and who answers. It is checked against
// schema/openapi.yaml by the contract test, route by route.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/http/message.hpp"
#include "api/problem.hpp"
#include "api/role_set.hpp"
#include "tenancy/authentication_service.hpp"

namespace sluice::api {

// A request on its way through its handler.
class Call {
  public:
    Call(const http::Request& request, const tenancy::Identity* identity,
         std::vector<std::pair<std::string_view, std::string_view>> parameters)
        : request_(request), identity_(identity), parameters_(std::move(parameters)) {}

    [[nodiscard]] const http::Request& request() const { return request_; }
    // Only of a route with roles.
    [[nodiscard]] const tenancy::Identity& identity() const { return *identity_; }
    [[nodiscard]] const tenancy::Caller& caller() const { return identity_->caller; }
    [[nodiscard]] const model::TenantScope& scope() const { return identity_->caller.scope; }
    // Of the path; empty when there is none of that name.
    [[nodiscard]] std::string_view parameter(std::string_view name) const;
    // The id in the path; not_found when it is no id at all.
    template <class IdType>
    [[nodiscard]] Outcome<IdType> id(std::string_view name) const {
        const auto parsed = IdType::parse(parameter(name));
        if (!parsed) return std::unexpected(Problem::not_found());
        return *parsed;
    }

  private:
    const http::Request& request_;
    const tenancy::Identity* identity_;
    std::vector<std::pair<std::string_view, std::string_view>> parameters_;
};

using RouteHandler = std::function<Reply(const Call&)>;

struct Services;
// `services` outlives the router.
[[nodiscard]] inline RouteHandler bind(const Services& services,
                                       Reply (*handler)(const Services& services, const Call& call)) {
    return [&services, handler](const Call& call) { return handler(services, call); };
}

enum class BodyKind : std::uint8_t { none, json, yaml };

struct Route {
    http::Method method = http::Method::get;
    std::string_view pattern;  // "/tenants/{tenant_id}"
    std::string_view operation;
    RoleSet roles;  // empty: no login needed
    BodyKind body = BodyKind::none;
    std::vector<std::string_view> query;  // parameters that it knows
    RouteHandler handler;
};

class Router {
  public:
    void add(Route route);
    [[nodiscard]] const std::vector<Route>& routes() const { return routes_; }

    struct Match {
        const Route* route = nullptr;  // null: no such path, or not with this method
        std::vector<std::pair<std::string_view, std::string_view>> parameters;
        std::string allow;  // methods that the path knows; empty: no such path
    };
    // `path` without the API's base; views into it and into the table.
    [[nodiscard]] Match match(http::Method method, std::string_view path) const;

  private:
    std::vector<Route> routes_;
};

}  // namespace sluice::api
