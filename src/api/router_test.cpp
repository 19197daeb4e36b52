#include "api/router.hpp"

#include <gtest/gtest.h>

namespace sluice::api {
namespace {

Router table() {
    Router router;
    const auto handler = [](const Call&) -> Reply { return http::Response{}; };
    router.add({http::Method::get, "/tenants", "list", everyone, BodyKind::none, {}, handler});
    router.add({http::Method::post, "/tenants", "create", everyone, BodyKind::json, {}, handler});
    router.add({http::Method::get, "/tenants/{tenant_id}", "get", everyone, BodyKind::none, {}, handler});
    router.add(
        {http::Method::get, "/tenants/{tenant_id}/status", "status", everyone, BodyKind::none, {}, handler});
    return router;
}

TEST(Router, FindsTheRouteAndItsParameters) {
    const Router router = table();
    const auto match = router.match(http::Method::get, "/tenants/tenant-3/status");
    ASSERT_NE(match.route, nullptr);
    EXPECT_EQ(match.route->operation, "status");
    ASSERT_EQ(match.parameters.size(), 1U);
    EXPECT_EQ(match.parameters[0].first, "tenant_id");
    EXPECT_EQ(match.parameters[0].second, "tenant-3");
    EXPECT_EQ(router.match(http::Method::head, "/tenants").route->operation, "list");
}

TEST(Router, TellsAMissingPathFromAMissingMethod) {
    const Router router = table();
    EXPECT_EQ(router.match(http::Method::del, "/tenants").allow, "GET, POST");
    EXPECT_EQ(router.match(http::Method::del, "/tenants").route, nullptr);
    for (const auto* path : {"", "/", "/tenant", "/tenants/", "/tenants//status", "/tenants/a/b/c", "tenants",
                             "/tenants/a/status/"}) {
        EXPECT_EQ(router.match(http::Method::get, path).allow, "") << path;
    }
}

}  // namespace
}  // namespace sluice::api
