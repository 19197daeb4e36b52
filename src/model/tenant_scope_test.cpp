#include "model/tenant_scope.hpp"

#include <gtest/gtest.h>

namespace sluice::model {

TEST(TenantScope, ATenantSeesOnlyItself) {
    const TenantScope a = TenantScope::of(TenantId(1));
    EXPECT_TRUE(a.allows(TenantId(1)));
    EXPECT_FALSE(a.allows(TenantId(2)));
    EXPECT_FALSE(a.allows(TenantId{})) << "the provider's own data is not a tenant's";
    EXPECT_FALSE(TenantScope::of(TenantId{}).allows(TenantId(1))) << "no tenant is not every tenant";
    EXPECT_TRUE(TenantScope::provider().allows(TenantId(2)));
}

}  // namespace sluice::model
