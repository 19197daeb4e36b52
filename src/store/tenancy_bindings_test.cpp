// Who is logged in where, by the user binding service on a real store.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/testdata/tenancy_services.hpp"

namespace sluice::store {
namespace {

using base::ErrorCode;
using model::Role;
using model::TenantId;
using tenancy::Caller;
using testdata::code_of;
using testdata::prefix;
using testdata::TenancyServices;

TEST_F(TenancyServices, ALogInIsKeptToldAndExpires) {
    const auto acme = directory_.create_tenant(root_, "acme", "Acme").value();
    const Caller admin = caller(Role::tenant_admin, acme.id);
    const auto login = [&](const char* where, std::string user, base::Duration life = std::chrono::hours(1)) {
        return logins_.put(admin,
                           {acme.id, prefix(where), std::move(user), {"staff"}, {}, clock_.wall() + life});
    };
    const auto anna = login("10.0.0.7", "anna").value();
    EXPECT_EQ(anna.since, clock_.wall());
    EXPECT_EQ(told_.bindings.at(anna.key()), anna);
    EXPECT_EQ(audit().front().action, "user-binding.put");
    EXPECT_EQ(audit().front().after, "anna (staff)");
    const std::size_t entries = audit().size();
    clock_.advance(std::chrono::minutes(30));
    const auto longer = login("10.0.0.7", "anna").value();
    EXPECT_EQ(longer.since, anna.since);
    EXPECT_EQ(audit().size(), entries) << "it only lives longer";
    EXPECT_EQ(login("10.0.0.7", "bob").value().since, clock_.wall());
    EXPECT_EQ(audit().front().before, "anna (staff)");
    EXPECT_TRUE(login("10.0.0.8", "carol", std::chrono::minutes(5)));
    EXPECT_EQ(logins_.all().value().size(), 2U);
    clock_.advance(std::chrono::minutes(6));
    EXPECT_EQ(logins_.list(admin.scope, acme.id, std::nullopt, 10).value().size(), 1U);
    EXPECT_TRUE(logins_.expire());
    EXPECT_EQ(told_.bindings.size(), 1U);
    EXPECT_TRUE(logins_.remove(admin, anna.key()));
    EXPECT_TRUE(told_.bindings.empty());
    EXPECT_EQ(audit().front().action, "user-binding.remove");
    EXPECT_EQ(code_of(logins_.remove(admin, anna.key())), ErrorCode::not_found);
}

TEST_F(TenancyServices, ALogInThatIsNotAllowedIsToldToNobody) {
    const auto acme = directory_.create_tenant(root_, "acme", "Acme").value();
    const auto bolt = directory_.create_tenant(root_, "bolt", "Bolt").value();
    const Caller admin = caller(Role::tenant_admin, acme.id);
    const auto put = [&](const Caller& who, TenantId tenant, const char* where, std::string user = "anna",
                         base::Duration life = std::chrono::hours(1), std::size_t groups = 0) {
        return code_of(logins_.put(who, {tenant,
                                         prefix(where),
                                         std::move(user),
                                         std::vector<std::string>(groups, "g"),
                                         {},
                                         clock_.wall() + life}));
    };
    EXPECT_EQ(put(admin, bolt.id, "10.0.0.7"), ErrorCode::not_found);
    EXPECT_EQ(put(caller(Role::tenant_viewer, acme.id), acme.id, "10.0.0.7"), ErrorCode::forbidden);
    EXPECT_EQ(put(caller(Role::operator_viewer), acme.id, "10.0.0.7"), ErrorCode::forbidden);
    for (const char* wide : {"0.0.0.0/0", "10.0.0.0/8", "2001:db8::/32", "2001:db8::/96"})
        EXPECT_EQ(put(admin, acme.id, wide), ErrorCode::invalid_argument) << wide;
    EXPECT_EQ(put(admin, acme.id, "10.0.0.7", ""), ErrorCode::invalid_argument);
    EXPECT_EQ(put(admin, acme.id, "10.0.0.7", "two\nlines"), ErrorCode::invalid_argument);
    EXPECT_EQ(put(admin, acme.id, "10.0.0.7", std::string(200, 'x')), ErrorCode::invalid_argument);
    EXPECT_EQ(put(admin, acme.id, "10.0.0.7", "anna", std::chrono::seconds(0)), ErrorCode::invalid_argument);
    EXPECT_EQ(put(admin, acme.id, "10.0.0.7", "anna", std::chrono::hours(24 * 31)),
              ErrorCode::invalid_argument);
    EXPECT_EQ(put(admin, acme.id, "10.0.0.7", "anna", std::chrono::hours(1), 33),
              ErrorCode::invalid_argument);
    EXPECT_TRUE(told_.bindings.empty());
    for (const char* where : {"10.0.0.1", "10.0.0.2", "10.0.0.3"}) {
        EXPECT_TRUE(logins_.put(
            admin, {acme.id, prefix(where), "anna", {}, {}, clock_.wall() + std::chrono::hours(1)}));
    }
    EXPECT_EQ(put(admin, acme.id, "10.0.0.4"), ErrorCode::exhausted);
    EXPECT_TRUE(logins_.put(
        admin, {acme.id, prefix("10.0.0.3"), "bob", {}, {}, clock_.wall() + std::chrono::hours(1)}))
        << "in the place of another";
    EXPECT_EQ(told_.bindings.size(), 3U);
}

}  // namespace
}  // namespace sluice::store
