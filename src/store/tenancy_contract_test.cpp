// What every store must do for tenants, sites and prefixes: whole or not at all, guarded by versions.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/testdata/tenancy_contract.hpp"

namespace sluice::store {
namespace {

using base::ErrorCode;
using model::TenantId;
using tenancy::Transaction;
using testdata::is;
using testdata::prefix;
using testdata::TenancyContract;

template <class T>
bool is_stale(const base::Result<T>& result) {
    return is(result, ErrorCode::conflict) && result.error().where == "version";
}

TEST_P(TenancyContract, ATenantComesBackWholeAndAfterAReopening) {
    store_->reopen();
    read([&](Transaction& t) {
        const auto tenant = t.tenants().find(acme_, acme_id_).value();
        EXPECT_EQ(tenant.slug, "acme");
        EXPECT_EQ(tenant.name, "Acme");
        EXPECT_EQ(tenant.created_at, base::Timestamp{base::Duration{5}});
        EXPECT_EQ(tenant.version, 1U);
        EXPECT_EQ(t.tenants().find_slug(provider_, "bolt").value().id, bolt_id_);
        EXPECT_EQ(t.tenants().count().value(), 2U);
        EXPECT_EQ(t.tenants().list(provider_, {}, 10).value().size(), 2U);
        EXPECT_EQ(t.tenants().list(provider_, acme_id_, 10).value().front().id, bolt_id_);
        EXPECT_EQ(t.tenants().list(provider_, {}, 1).value().size(), 1U);
    });
}

TEST_P(TenancyContract, AFailedTransactionLeavesNothing) {
    const auto status = store_->tenancy().write([&](Transaction& t) -> base::Status {
        EXPECT_TRUE(t.tenants().insert(provider_, {{}, "gone", "Gone", {}, 0}));
        EXPECT_TRUE(t.audit().append({}));
        return base::fail(ErrorCode::conflict, "changed my mind");
    });
    EXPECT_FALSE(status);
    read([&](Transaction& t) {
        EXPECT_TRUE(is(t.tenants().find_slug(provider_, "gone"), ErrorCode::not_found));
        EXPECT_TRUE(t.audit().head().value().id.is_none());
    });
}

TEST_P(TenancyContract, AWriteWithinAReadFails) {
    const auto status = store_->tenancy().read([&](Transaction& t) -> base::Status {
        const auto made = t.tenants().insert(provider_, {{}, "sneaky", "S", {}, 0});
        if (!made) return std::unexpected(made.error());
        return {};
    });
    EXPECT_FALSE(status);
    read([&](Transaction& t) { EXPECT_EQ(t.tenants().count().value(), 2U); });
}

TEST_P(TenancyContract, VersionsGuardEveryChange) {
    write([&](Transaction& t) {
        auto tenant = t.tenants().find(provider_, acme_id_).value();
        tenant.name = "Acme Ltd";
        EXPECT_EQ(t.tenants().update(provider_, tenant).value().version, 2U);
        EXPECT_TRUE(is_stale(t.tenants().update(provider_, tenant)));
        auto site = t.sites().insert(provider_, {{}, acme_id_, "Wien", 10, 0}).value();
        EXPECT_EQ(t.sites().update(provider_, site).value().version, 2U);
        EXPECT_TRUE(is_stale(t.sites().update(provider_, site)));
        auto own = t.prefixes()
                       .insert(provider_, {acme_id_, {}, prefix("192.0.2.0/24"), model::ConsentMode::ask, 0})
                       .value();
        EXPECT_EQ(t.prefixes().update(provider_, own).value().version, 2U);
        EXPECT_TRUE(is_stale(t.prefixes().update(provider_, own)));
        auto user =
            t.users().insert(provider_, {{}, acme_id_, "anna", model::Role::tenant_admin, false, 0}).value();
        EXPECT_EQ(t.users().update(provider_, user).value().version, 2U);
        EXPECT_TRUE(is_stale(t.users().update(provider_, user)));
    });
}

TEST_P(TenancyContract, NamesAreTakenOnce) {
    write([&](Transaction& t) {
        EXPECT_TRUE(is(t.tenants().insert(provider_, {{}, "acme", "Other", {}, 0}), ErrorCode::conflict));
        EXPECT_TRUE(t.sites().insert(provider_, {{}, acme_id_, "Wien", 0, 0}));
        EXPECT_TRUE(is(t.sites().insert(provider_, {{}, acme_id_, "Wien", 0, 0}), ErrorCode::conflict));
        EXPECT_TRUE(t.sites().insert(provider_, {{}, bolt_id_, "Wien", 0, 0})) << "in another tenant";
        EXPECT_TRUE(t.users().insert(provider_, {{}, acme_id_, "Anna", model::Role::tenant_admin, false, 0}));
        EXPECT_TRUE(
            is(t.users().insert(provider_, {{}, bolt_id_, "anna", model::Role::tenant_admin, false, 0}),
               ErrorCode::conflict))
            << "whatever the case";
        EXPECT_EQ(t.users().find_login(provider_, "ANNA").value().login, "Anna");
    });
}

TEST_P(TenancyContract, NoPrefixOverlapsAnother) {
    write([&](Transaction& t) {
        const auto take = [&](TenantId tenant, std::string_view text) {
            return t.prefixes().insert(provider_,
                                       {tenant, {}, prefix(text), model::ConsentMode::automatic, 0});
        };
        EXPECT_TRUE(take(acme_id_, "192.0.2.0/24"));
        EXPECT_TRUE(take(acme_id_, "10.1.0.0/16"));
        EXPECT_TRUE(take(bolt_id_, "2001:db8::/32"));
        EXPECT_TRUE(take(bolt_id_, "192.0.3.0/24"));
        for (const auto* text : {"192.0.2.0/24", "192.0.2.128/25", "192.0.2.255/32", "192.0.2.0/23",
                                 "192.0.0.0/16", "10.0.0.0/8", "10.1.0.0/16", "10.1.0.0/24",
                                 "10.1.255.255/32", "2001:db8:ffff::/48", "2001::/16", "0.0.0.0/0"})
            EXPECT_TRUE(is(take(bolt_id_, text), ErrorCode::conflict)) << text;
        for (const auto* text :
             {"192.0.1.0/24", "192.0.4.0/24", "10.0.0.0/16", "10.2.0.0/15", "2001:db9::/32", "2001:db7::/32"})
            EXPECT_TRUE(take(bolt_id_, text)) << text;
        const auto all = t.prefixes().list(provider_, std::nullopt, std::nullopt, 100).value();
        ASSERT_EQ(all.size(), 10U);
        EXPECT_EQ(all.front().prefix, prefix("10.0.0.0/16")) << "by address, IPv4 first";
        EXPECT_EQ(all.back().prefix, prefix("2001:db9::/32"));
        EXPECT_EQ(t.prefixes().list(provider_, std::nullopt, all[8].prefix, 100).value().size(), 1U);
        EXPECT_EQ(t.prefixes().list(provider_, acme_id_, std::nullopt, 100).value().size(), 2U);
    });
}

TEST_P(TenancyContract, ASiteWithPrefixesStays) {
    write([&](Transaction& t) {
        const auto site = t.sites().insert(provider_, {{}, acme_id_, "Wien", 7, 0}).value();
        EXPECT_TRUE(t.prefixes().insert(
            provider_, {acme_id_, site.id, prefix("192.0.2.0/24"), model::ConsentMode::ask, 0}));
        const auto refused = t.sites().remove(provider_, site.id);
        EXPECT_TRUE(!refused && refused.error().code == ErrorCode::conflict);
        EXPECT_EQ(t.prefixes().find(provider_, prefix("192.0.2.0/24")).value().site, site.id);
        EXPECT_TRUE(t.prefixes().remove(provider_, prefix("192.0.2.0/24")));
        EXPECT_TRUE(t.sites().remove(provider_, site.id));
        EXPECT_TRUE(is(t.sites().find(provider_, site.id), ErrorCode::not_found));
    });
}

TEST_P(TenancyContract, ATenantGoesWithAllThatIsHis) {
    tenancy::SecretHash hash{};
    hash[0] = 7;
    model::UserId user;
    write([&](Transaction& t) {
        user = t.users()
                   .insert(provider_, {{}, acme_id_, "anna", model::Role::tenant_admin, false, 0})
                   .value()
                   .id;
        EXPECT_TRUE(
            t.credentials().insert({{}, user, tenancy::CredentialKind::token, "x", {}, std::nullopt}, hash));
        const auto site = t.sites().insert(provider_, {{}, acme_id_, "Wien", 0, 0}).value();
        EXPECT_TRUE(t.prefixes().insert(
            provider_, {acme_id_, site.id, prefix("192.0.2.0/24"), model::ConsentMode::ask, 0}));
        EXPECT_TRUE(t.webhooks().add(provider_, acme_id_, {"http://x/", {}}, "secret", {}));
        EXPECT_TRUE(t.audit().append({}));
        EXPECT_TRUE(t.tenants().remove(provider_, acme_id_));
    });
    read([&](Transaction& t) {
        EXPECT_TRUE(t.sites().list(provider_, std::nullopt, {}, 10).value().empty());
        EXPECT_TRUE(t.prefixes().list(provider_, std::nullopt, std::nullopt, 10).value().empty());
        EXPECT_TRUE(is(t.users().find(provider_, user), ErrorCode::not_found));
        EXPECT_TRUE(is(t.credentials().find(hash), ErrorCode::not_found))
            << "his token opens nothing any more";
        EXPECT_TRUE(is(t.protections().find(provider_, acme_id_), ErrorCode::not_found));
        EXPECT_EQ(t.audit().list(provider_, std::nullopt, {}, 10).value().size(), 1U)
            << "what was done stays known";
    });
    EXPECT_TRUE(store_->webhooks().list(provider_).value().empty());
    write([&](Transaction& t) {
        EXPECT_GT(t.tenants().insert(provider_, {{}, "acme", "New", {}, 0}).value().id, bolt_id_)
            << "an id is never given twice";
    });
}

INSTANTIATE_TEST_SUITE_P(Stores, TenancyContract, testdata::tenancy_stores(), testdata::name_of);

}  // namespace
}  // namespace sluice::store
