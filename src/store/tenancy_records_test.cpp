// What every store must do for protections, credentials, audit entries, web hooks and log-ins.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/testdata/tenancy_contract.hpp"
#include "tenancy/audit_log.hpp"

namespace sluice::store {
namespace {

using base::ErrorCode;
using model::TenantId;
using tenancy::Transaction;
using testdata::is;
using testdata::prefix;

class TenancyRecords : public testdata::TenancyContract {};

TEST_P(TenancyRecords, MitigationsInForceAreSeen) {
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

TEST_P(TenancyRecords, AProtectionComesBackWhole) {
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

TEST_P(TenancyRecords, CredentialsAreFoundByTheirHashAlone) {
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

TEST_P(TenancyRecords, AuditEntriesAreNumberedWithoutGaps) {
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

TEST_P(TenancyRecords, WebhooksHaveOneListForFileAndApi) {
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

TEST_P(TenancyRecords, WhoIsLoggedInStaysUntilItExpires) {
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

INSTANTIATE_TEST_SUITE_P(Stores, TenancyRecords, testdata::tenancy_stores(), testdata::name_of);

}  // namespace
}  // namespace sluice::store
