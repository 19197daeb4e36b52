// What every store must do for tenants, users, credentials, policies and the audit log. Each store stands in
// the list at the end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>

#include "incident/webhook.hpp"
#include "mitigation/mitigation_repository.hpp"
#include "store/embedded_store.hpp"
#include "store/testdata/scratch_store.hpp"
#include "tenancy/audit_log.hpp"
#include "tenancy/repositories.hpp"
#include "tenancy/unit_of_work.hpp"

namespace sluice::store {
namespace {

using base::ErrorCode;
using model::TenantId;
using model::TenantScope;
using tenancy::Transaction;

class Store {
  public:
    virtual ~Store() = default;
    virtual tenancy::UnitOfWork& tenancy() = 0;
    virtual mitigation::MitigationRepository& mitigations() = 0;
    virtual incident::WebhookRepository& webhooks() = 0;
    virtual void reopen() = 0;
};

class Sqlite final : public Store {
  public:
    tenancy::UnitOfWork& tenancy() override { return store_->tenancy(); }
    mitigation::MitigationRepository& mitigations() override { return store_->mitigations(); }
    incident::WebhookRepository& webhooks() override { return store_->webhooks(); }
    void reopen() override { store_.reopen(); }

  private:
    testdata::ScratchStore store_;
};

struct Kind {
    const char* name;
    std::function<std::unique_ptr<Store>()> make;
};

net::Prefix prefix(std::string_view text) {
    return net::Prefix::parse(text).value();
}

template <class T>
bool is(const base::Result<T>& result, ErrorCode code) {
    return !result.has_value() && result.error().code == code;
}
template <class T>
bool is_stale(const base::Result<T>& result) {
    return is(result, ErrorCode::conflict) && result.error().where == "version";
}

class TenancyContract : public testing::TestWithParam<Kind> {
  protected:
    void SetUp() override {
        write([&](Transaction& t) {
            acme_id_ = t.tenants()
                           .insert(provider_, {{}, "acme", "Acme", base::Timestamp{base::Duration{5}}, 0})
                           .value()
                           .id;
            bolt_id_ = t.tenants().insert(provider_, {{}, "bolt", "Bolt", {}, 0}).value().id;
        });
        acme_ = TenantScope::of(acme_id_);
        bolt_ = TenantScope::of(bolt_id_);
    }

    void write(const std::function<void(Transaction&)>& work) {
        const auto status = store_->tenancy().write([&](Transaction& t) -> base::Status {
            work(t);
            return {};
        });
        ASSERT_TRUE(status) << status.error().message();
    }
    void read(const std::function<void(Transaction&)>& work) {
        const auto status = store_->tenancy().read([&](Transaction& t) -> base::Status {
            work(t);
            return {};
        });
        ASSERT_TRUE(status) << status.error().message();
    }

    const std::unique_ptr<Store> store_ = GetParam().make();
    const TenantScope provider_ = TenantScope::provider();
    TenantId acme_id_, bolt_id_;
    TenantScope acme_ = TenantScope::of({}), bolt_ = TenantScope::of({});
};

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

// Everything of Acme as Bolt and as nobody: not found, not listed, not changed.
template <class T>
bool hidden(const T& result) {
    return !result.has_value() && result.error().code == ErrorCode::not_found;
}

TEST_P(TenancyContract, NobodySeesAnotherTenantsDirectory) {
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

TEST_P(TenancyContract, NobodySeesAnotherTenantsPeople) {
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

TEST_P(TenancyContract, NobodySeesAnotherTenantsWebhooks) {
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

TEST_P(TenancyContract, MitigationsInForceAreSeen) {
    model::Mitigation mitigation;
    mitigation.tenant = acme_id_;
    mitigation.incident = model::IncidentId(1);
    mitigation.state = model::MitigationState::proposed;
    mitigation.target = prefix("192.0.2.10");
    auto stored = store_->mitigations().create(provider_, mitigation).value();
    const auto in_force = [&](TenantId tenant, std::optional<net::Prefix> within) {
        bool result = false;
        read([&](Transaction& t) { result = t.tenants().in_force(tenant, within).value(); });
        return result;
    };
    EXPECT_FALSE(in_force(acme_id_, std::nullopt)) << "only proposed";
    stored.state = model::MitigationState::active;
    stored = store_->mitigations().update(provider_, stored).value();
    EXPECT_TRUE(in_force(acme_id_, std::nullopt));
    EXPECT_TRUE(in_force(acme_id_, prefix("192.0.2.0/24")));
    EXPECT_FALSE(in_force(acme_id_, prefix("198.51.100.0/24")));
    EXPECT_FALSE(in_force(bolt_id_, std::nullopt));
    stored.state = model::MitigationState::withdrawn;
    EXPECT_TRUE(store_->mitigations().update(provider_, stored));
    EXPECT_FALSE(in_force(acme_id_, std::nullopt));
}

TEST_P(TenancyContract, AProtectionComesBackWhole) {
    model::ProtectionPolicy policy;
    policy.hold_down_ms = 1234;
    policy.thresholds = {{.name = "syn",
                          .scope = model::CountScope::tenant,
                          .direction = model::TrafficDirection::outbound,
                          .vector = model::AttackVector::tcp_syn,
                          .packets_per_s = 5,
                          .bits_per_s = 6,
                          .line_rate_fraction = 0.7,
                          .learned_z = 3.25,
                          .learned_floor_packets_per_s = 8}};
    policy.profile.base = "web";
    policy.profile.drop_invalid = false;
    policy.profile.verify_tcp = model::Countermeasure::never;
    policy.profile.verified_for_s = 9;
    policy.profile.reflection = std::vector{model::AttackVector::ntp};
    policy.profile.reflection_on_attack = std::vector<model::AttackVector>{};
    policy.profile.services = std::vector<model::OfferedService>{{17, 53, 54}};
    policy.profile.source_limit = model::RateLimit{1, 2};
    policy.profile.target_limit = model::RateLimit{3, 4};
    policy.profile.fragment_limit = model::RateLimit{5, 6};
    policy.profile.icmp_limit = model::RateLimit{7, 8};
    policy.profile.udp_limit = model::RateLimit{9, 10};
    policy.profile.pair_limit = model::RateLimit{11, 12};
    policy.profile.service_limit = model::RateLimit{13, 14};
    policy.filters = {{.name = "f",
                       .action = model::FilterAction::pass,
                       .source = prefix("203.0.113.0/24"),
                       .destination = prefix("192.0.2.1"),
                       .protocol = 6,
                       .source_port_first = 1,
                       .source_port_last = 2,
                       .destination_port_first = 3,
                       .destination_port_last = 4,
                       .tcp_flags_mask = 5,
                       .tcp_flags_value = 4,
                       .length_first = 6,
                       .length_last = 7,
                       .fragments_only = true,
                       .payload = {{8, {1, 255}, {}}, {9, {2}, {15}}},
                       .source_is = {{"DE", "ZZ"}, true, {"botnet"}},
                       .dynamic = true,
                       .expires_at = base::Timestamp{base::Duration{99}}}};
    policy.limits = {1, 25, 56, 77};
    write([&](Transaction& t) {
        EXPECT_EQ(t.protections().find(acme_, acme_id_).value(), model::ProtectionPolicy{})
            << "defaults before";
        EXPECT_TRUE(t.protections().put(acme_, acme_id_, policy));
        const auto version = t.protections().version().value();
        EXPECT_EQ(t.protections().next_version().value(), version + 1);
    });
    store_->reopen();
    read([&](Transaction& t) { EXPECT_EQ(t.protections().find(acme_, acme_id_).value(), policy); });
}

TEST_P(TenancyContract, CredentialsAreFoundByTheirHashAlone) {
    const auto at = [](int seconds) { return base::Timestamp{std::chrono::seconds{seconds}}; };
    tenancy::SecretHash one{}, two{}, three{};
    one[0] = 1;
    two[0] = 2;
    three[31] = 3;
    write([&](Transaction& t) {
        const auto anna = t.users()
                              .insert(provider_, {{}, acme_id_, "anna", model::Role::tenant_admin, false, 0})
                              .value()
                              .id;
        const auto bert = t.users()
                              .insert(provider_, {{}, acme_id_, "bert", model::Role::tenant_admin, false, 0})
                              .value()
                              .id;
        constexpr auto session = tenancy::CredentialKind::session;
        const auto token =
            t.credentials()
                .insert({{}, anna, tenancy::CredentialKind::token, "export", at(1), std::nullopt}, one)
                .value();
        const auto first = t.credentials().insert({{}, anna, session, "", at(1), at(50)}, two).value();
        EXPECT_TRUE(t.credentials().insert({{}, anna, session, "", at(1), at(90)}, three));
        EXPECT_EQ(t.credentials().find(one).value().name, "export");
        EXPECT_FALSE(t.credentials().find(one).value().expires_at.has_value());
        EXPECT_EQ(t.credentials().find(two).value().expires_at, at(50));
        EXPECT_TRUE(is(t.credentials().find({}), ErrorCode::not_found));
        EXPECT_EQ(t.credentials().list(anna, session, {}, 10).value().size(), 2U);
        EXPECT_EQ(t.credentials().list(anna, session, first.id, 10).value().size(), 1U);
        EXPECT_FALSE(t.credentials().remove(bert, token.id)) << "it is not his";
        EXPECT_TRUE(t.credentials().remove_expired(at(60)));
        EXPECT_TRUE(is(t.credentials().find(two), ErrorCode::not_found));
        EXPECT_TRUE(t.credentials().find(three));
        EXPECT_TRUE(t.credentials().remove_sessions(anna, {}));
        EXPECT_TRUE(is(t.credentials().find(three), ErrorCode::not_found));
        EXPECT_TRUE(t.credentials().find(one)) << "a token is no session";
        EXPECT_EQ(t.credentials().password_hash(anna).value(), "");
        EXPECT_TRUE(t.credentials().set_password_hash(anna, "$x$"));
        EXPECT_EQ(t.credentials().password_hash(anna).value(), "$x$");
        EXPECT_EQ(t.users().count(model::Role::tenant_admin).value(), 2U);
    });
}

TEST_P(TenancyContract, AuditEntriesAreNumberedWithoutGaps) {
    write([&](Transaction& t) {
        for (int i = 0; i < 5; ++i)
            EXPECT_EQ(t.audit()
                          .append({.id = {},
                                   .at = {},
                                   .actor = "a" + std::to_string(i),
                                   .tenant = i % 2 == 0 ? acme_id_ : TenantId{},
                                   .address = {},
                                   .action = {},
                                   .object = {},
                                   .before = {},
                                   .after = {},
                                   .reason = {}})
                          .value()
                          .id.value(),
                      static_cast<std::uint64_t>(i + 1));
    });
    read([&](Transaction& t) {
        const auto newest = t.audit().list(provider_, std::nullopt, {}, 2).value();
        ASSERT_EQ(newest.size(), 2U);
        EXPECT_EQ(newest[0].actor, "a4");
        EXPECT_EQ(t.audit().list(provider_, std::nullopt, newest[1].id, 10).value().front().actor, "a2");
        EXPECT_EQ(t.audit().list(acme_, std::nullopt, {}, 10).value().size(), 3U);
        EXPECT_EQ(t.audit().head().value().hash, newest[0].hash);
        EXPECT_EQ(t.audit().chain(model::AuditEntryId(3), 10).value().size(), 2U);
    });
}

TEST_P(TenancyContract, WebhooksHaveOneListForFileAndApi) {
    write([&](Transaction& t) {
        EXPECT_TRUE(t.webhooks().add(provider_, acme_id_, {"http://x/", {"incident", "mitigation.announced"}},
                                     "secret", {}));
        EXPECT_TRUE(t.webhooks().change(acme_, acme_id_, {"http://x/", {"incident"}}));
    });
    const auto seen = store_->webhooks().list(acme_).value();
    ASSERT_EQ(seen.size(), 1U);
    EXPECT_EQ(seen[0].secret, "secret") << "a change of kinds keeps the secret";
    EXPECT_THAT(seen[0].kinds, testing::ElementsAre("incident"));
    const auto made = store_->webhooks()
                          .create(acme_, {.id = {},
                                          .tenant = acme_id_,
                                          .url = "http://y/",
                                          .secret = "s",
                                          .kinds = {},
                                          .disabled = true})
                          .value();
    EXPECT_TRUE(store_->webhooks().create(
        provider_, {.id = {}, .tenant = {}, .url = "http://noc/", .secret = "s", .kinds = {}}));
    read([&](Transaction& t) { EXPECT_EQ(t.webhooks().of_tenant(acme_, acme_id_).value().size(), 2U); });
    EXPECT_EQ(store_->webhooks().list(provider_).value().size(), 3U);
    EXPECT_TRUE(store_->webhooks().remove(acme_, made.id));
    EXPECT_EQ(store_->webhooks().list(acme_).value().size(), 1U);
}

TEST_P(TenancyContract, WhoIsLoggedInStaysUntilItExpires) {
    const auto at = [](int seconds) { return base::Timestamp{std::chrono::seconds(seconds)}; };
    const model::UserBinding anna{acme_id_, prefix("10.0.0.7/32"), "anna", {"finance", "all staff"}, at(1),
                                  at(100)};
    const model::UserBinding site{acme_id_, prefix("10.0.0.0/16"), "site", {}, at(1), at(50)};
    const model::UserBinding six{acme_id_, prefix("2001:db8::7/128"), "bob", {}, at(1), at(100)};
    const model::UserBinding other{bolt_id_, prefix("10.0.0.7/32"), "eve", {}, at(1), at(100)};
    write([&](Transaction& t) {
        for (const auto& binding : {anna, site, six, other})
            EXPECT_TRUE(t.user_bindings().put(provider_, binding));
        EXPECT_TRUE(is(t.user_bindings().put(bolt_, anna), ErrorCode::not_found));
        auto stranger = anna;
        stranger.tenant = TenantId(999);
        EXPECT_TRUE(is(t.user_bindings().put(provider_, stranger), ErrorCode::not_found));
        EXPECT_TRUE(is(t.user_bindings().remove(bolt_, anna.key()), ErrorCode::not_found));
    });
    store_->reopen();
    read([&](Transaction& t) {
        auto& bindings = t.user_bindings();
        EXPECT_THAT(bindings.list(acme_, acme_id_, std::nullopt, at(10), 10).value(),
                    testing::ElementsAre(site, anna, six));
        EXPECT_THAT(bindings.list(acme_, acme_id_, site.prefix, at(10), 1).value(),
                    testing::ElementsAre(anna));
        EXPECT_THAT(bindings.list(acme_, acme_id_, std::nullopt, at(50), 10).value(),
                    testing::ElementsAre(anna, six));
        EXPECT_TRUE(is(bindings.list(bolt_, acme_id_, std::nullopt, at(10), 10), ErrorCode::not_found));
        EXPECT_TRUE(is(bindings.find(bolt_, anna.key()), ErrorCode::not_found));
        EXPECT_EQ(bindings.find(acme_, anna.key()).value(), anna);
        EXPECT_EQ(bindings.find(acme_, {acme_id_, prefix("10.0.0.8/32")}).value(), std::nullopt);
        EXPECT_EQ(bindings.count(acme_id_).value(), 3U);
        EXPECT_EQ(bindings.all(at(50)).value().size(), 3U);
        EXPECT_THAT(bindings.expired(at(50)).value(), testing::ElementsAre(site.key()));
    });
    write([&](Transaction& t) {
        auto& bindings = t.user_bindings();
        EXPECT_TRUE(bindings.remove_expired(at(50)));
        EXPECT_TRUE(bindings.remove(acme_, six.key()));
        EXPECT_TRUE(is(bindings.remove(acme_, six.key()), ErrorCode::not_found));
        auto moved = anna;
        moved.user = "carol";
        moved.groups = {};
        EXPECT_TRUE(bindings.put(acme_, moved));
        EXPECT_THAT(bindings.all(at(10)).value(), testing::UnorderedElementsAre(moved, other));
        EXPECT_TRUE(t.tenants().remove(provider_, acme_id_));
        EXPECT_THAT(bindings.all(at(10)).value(), testing::ElementsAre(other));
    });
}

INSTANTIATE_TEST_SUITE_P(Stores, TenancyContract,
                         testing::Values(Kind{"sqlite", [] { return std::make_unique<Sqlite>(); }}),
                         [](const auto& kind) { return kind.param.name; });

}  // namespace
}  // namespace sluice::store
