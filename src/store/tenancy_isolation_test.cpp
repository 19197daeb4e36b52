// That no store shows a tenant, or nobody at all, what is of another tenant.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/testdata/tenancy_contract.hpp"

namespace sluice::store {
namespace {

using base::ErrorCode;
using model::TenantId;
using model::TenantScope;
using tenancy::Transaction;
using testdata::is;
using testdata::prefix;

class TenancyIsolation : public testdata::TenancyContract {};

// Everything of Acme as Bolt and as nobody: not found, not listed, not changed.
template <class T>
bool hidden(const T& result) {
    return !result.has_value() && result.error().code == ErrorCode::not_found;
}

TEST_P(TenancyIsolation, NobodySeesAnotherTenantsDirectory) {
    model::Site site;
    model::TenantPrefix own;
    write([&](Transaction& t) {
        site = t.sites().insert(provider_, {{}, acme_id_, "Wien", 0, 0}).value();
        own = t.prefixes()
                  .insert(provider_, {acme_id_, site.id, prefix("192.0.2.0/24"), model::ConsentMode::ask, 0})
                  .value();
        EXPECT_TRUE(t.protections().put(provider_, acme_id_, {}));
    });
    for (const auto& stranger : {bolt_, TenantScope::of({})}) {
        write([&](Transaction& t) {
            const auto tenant = t.tenants().find(provider_, acme_id_).value();
            EXPECT_TRUE(hidden(t.tenants().find(stranger, acme_id_)));
            EXPECT_TRUE(hidden(t.tenants().find_slug(stranger, "acme")));
            EXPECT_TRUE(hidden(t.tenants().update(stranger, tenant)));
            EXPECT_TRUE(hidden(t.tenants().remove(stranger, acme_id_)));
            EXPECT_TRUE(hidden(t.tenants().insert(stranger, {{}, "mine", "M", {}, 0})));
            EXPECT_TRUE(hidden(t.sites().find(stranger, site.id)));
            EXPECT_TRUE(hidden(t.sites().update(stranger, site)));
            EXPECT_TRUE(hidden(t.sites().remove(stranger, site.id)));
            EXPECT_TRUE(hidden(t.sites().insert(stranger, {{}, acme_id_, "Graz", 0, 0})));
            EXPECT_TRUE(hidden(t.prefixes().find(stranger, own.prefix)));
            EXPECT_TRUE(hidden(t.prefixes().update(stranger, own)));
            EXPECT_TRUE(hidden(t.prefixes().remove(stranger, own.prefix)));
            EXPECT_TRUE(
                hidden(t.prefixes().insert(stranger, {acme_id_, {}, prefix("198.51.100.0/24"), {}, 0})));
            EXPECT_TRUE(hidden(t.protections().find(stranger, acme_id_)));
            EXPECT_TRUE(hidden(t.protections().put(stranger, acme_id_, {})));
        });
        read([&](Transaction& t) {
            for (const std::optional<TenantId> asked : {std::optional<TenantId>{}, std::optional(acme_id_)}) {
                EXPECT_TRUE(t.sites().list(stranger, asked, {}, 10).value().empty());
                EXPECT_TRUE(t.prefixes().list(stranger, asked, std::nullopt, 10).value().empty());
            }
            const auto tenants = t.tenants().list(stranger, {}, 10).value();
            for (const auto& tenant : tenants) EXPECT_EQ(tenant.id, bolt_id_);
        });
    }
    read([&](Transaction& t) {
        EXPECT_EQ(t.sites().list(acme_, std::nullopt, {}, 10).value().size(), 1U);
        EXPECT_EQ(t.prefixes().list(acme_, acme_id_, std::nullopt, 10).value().size(), 1U);
        EXPECT_EQ(t.tenants().list(acme_, {}, 10).value().size(), 1U);
    });
}

TEST_P(TenancyIsolation, NobodySeesAnotherTenantsPeople) {
    model::User user;
    write([&](Transaction& t) {
        user =
            t.users().insert(provider_, {{}, acme_id_, "anna", model::Role::tenant_admin, false, 0}).value();
        EXPECT_TRUE(t.users().insert(provider_, {{}, {}, "op", model::Role::operator_admin, false, 0}));
        tenancy::AuditEntry entry;
        entry.tenant = acme_id_;
        EXPECT_TRUE(t.audit().append(entry));
    });
    for (const auto& stranger : {bolt_, TenantScope::of({})}) {
        write([&](Transaction& t) {
            EXPECT_TRUE(hidden(t.users().find(stranger, user.id)));
            EXPECT_TRUE(hidden(t.users().find_login(stranger, "anna")));
            EXPECT_TRUE(hidden(t.users().find_login(stranger, "op")))
                << "the provider's staff is no tenant's business";
            EXPECT_TRUE(hidden(t.users().update(stranger, user)));
            EXPECT_TRUE(hidden(t.users().remove(stranger, user.id)));
            EXPECT_TRUE(hidden(
                t.users().insert(stranger, {{}, acme_id_, "eve", model::Role::tenant_admin, false, 0})));
            EXPECT_TRUE(
                hidden(t.users().insert(stranger, {{}, {}, "eve", model::Role::operator_admin, false, 0})));
        });
        read([&](Transaction& t) {
            for (const std::optional<TenantId> asked : {std::optional<TenantId>{}, std::optional(acme_id_)}) {
                EXPECT_TRUE(t.users().list(stranger, asked, {}, 10).value().empty());
                EXPECT_TRUE(t.audit().list(stranger, asked, {}, 10).value().empty());
            }
        });
    }
    read([&](Transaction& t) {
        EXPECT_EQ(t.users().list(acme_, std::nullopt, {}, 10).value().size(), 1U) << "his own, not the staff";
        EXPECT_EQ(t.users().list(provider_, std::nullopt, {}, 10).value().size(), 2U);
        EXPECT_EQ(t.audit().list(acme_, std::nullopt, {}, 10).value().size(), 1U);
    });
}

TEST_P(TenancyIsolation, NobodySeesAnotherTenantsWebhooks) {
    write([&](Transaction& t) {
        EXPECT_TRUE(t.webhooks().add(provider_, acme_id_, {"http://x/", {}}, "secret", {}));
    });
    for (const auto& stranger : {bolt_, TenantScope::of({})}) {
        write([&](Transaction& t) {
            EXPECT_TRUE(hidden(t.webhooks().of_tenant(stranger, acme_id_)));
            EXPECT_TRUE(hidden(t.webhooks().add(stranger, acme_id_, {"http://y/", {}}, "s", {})));
            EXPECT_TRUE(hidden(t.webhooks().change(stranger, acme_id_, {"http://x/", {"incident"}})));
            EXPECT_TRUE(hidden(t.webhooks().remove(stranger, acme_id_, "http://x/")));
        });
        const auto hook = [](TenantId tenant) {
            return incident::Webhook{
                .id = {}, .tenant = tenant, .url = "http://z/", .secret = "s", .kinds = {}};
        };
        EXPECT_TRUE(store_->webhooks().list(stranger).value().empty());
        EXPECT_TRUE(hidden(
            store_->webhooks().remove(stranger, store_->webhooks().list(provider_).value().front().id)));
        EXPECT_TRUE(hidden(store_->webhooks().create(stranger, hook(acme_id_))));
        EXPECT_TRUE(hidden(store_->webhooks().create(stranger, hook({}))));
    }
    EXPECT_EQ(store_->webhooks().list(acme_).value().size(), 1U);
}

INSTANTIATE_TEST_SUITE_P(Stores, TenancyIsolation, testdata::tenancy_stores(), testdata::name_of);

}  // namespace
}  // namespace sluice::store
