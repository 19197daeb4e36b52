// Until the services have their own tests: the interface that other modules build against stands on its own.
#include <gtest/gtest.h>

#include "tenancy/audit_log.hpp"
#include "tenancy/authentication_service.hpp"
#include "tenancy/policy_service.hpp"
#include "tenancy/traffic_repository.hpp"
#include "tenancy/user_service.hpp"

namespace sluice::tenancy {

TEST(Caller, ThePlatformActsForEveryTenant) {
    EXPECT_TRUE(platform_caller().scope.is_provider());
    EXPECT_EQ(platform_caller("cli").login, "cli");
}

}  // namespace sluice::tenancy
