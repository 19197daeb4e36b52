// Tenants, sites, prefixes and consent, by the directory service on a real store.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "incident/webhook.hpp"
#include "mitigation/mitigation_repository.hpp"
#include "store/testdata/tenancy_services.hpp"

namespace sluice::store {
namespace {

using base::ErrorCode;
using model::ConsentMode;
using model::Role;
using model::TenantId;
using model::TenantScope;
using tenancy::Caller;
using testdata::code_of;
using testdata::prefix;
using testdata::TenancyServices;
using ::testing::ElementsAre;

TEST_F(TenancyServices, ATenantIsMadeRenamedAndRemoved) {
    const auto acme = directory_.create_tenant(root_, "acme", "Acme", "new order").value();
    EXPECT_EQ(directory_.tenant_by_slug(TenantScope::provider(), "acme").value().id, acme.id);
    EXPECT_EQ(directory_.rename_tenant(root_, acme.id, acme.version, "Acme Ltd").value().name, "Acme Ltd");
    EXPECT_EQ(code_of(directory_.rename_tenant(root_, acme.id, acme.version, "Again")), ErrorCode::conflict);
    EXPECT_EQ(code_of(directory_.create_tenant(root_, "acme", "Other")), ErrorCode::conflict);
    ASSERT_NE(board_.current()->find(acme.id), nullptr);
    EXPECT_EQ(board_.current()->find(acme.id)->tenant.name, "Acme Ltd");
    EXPECT_TRUE(directory_.remove_tenant(root_, acme.id, "left us"));
    EXPECT_EQ(board_.current()->find(acme.id), nullptr);
    const auto entries = audit();
    ASSERT_EQ(entries.size(), 3U);
    EXPECT_EQ(entries[0].action, "tenant.remove");
    EXPECT_EQ(entries[0].reason, "left us");
    EXPECT_EQ(entries[1].before, "Acme");
    EXPECT_EQ(entries[1].after, "Acme Ltd");
    EXPECT_EQ(entries[2].address, "192.0.2.99");
    EXPECT_EQ(entries[2].actor, "someone");
}

TEST_F(TenancyServices, TextsAreChecked) {
    for (const auto* slug : {"", "Acme", "-a", "a-", "a b", "a/b"})
        EXPECT_EQ(code_of(directory_.create_tenant(root_, slug, "x")), ErrorCode::invalid_argument) << slug;
    for (const std::string& name :
         {std::string(), std::string("a\nb"), std::string("\xff"), std::string(201, 'x')})
        EXPECT_EQ(code_of(directory_.create_tenant(root_, "a", name)), ErrorCode::invalid_argument) << name;
    EXPECT_TRUE(directory_.create_tenant(root_, "a", "Österreichische Käserei"));
    EXPECT_EQ(code_of(users_.create(root_, {}, "a b", Role::operator_viewer, std::nullopt)),
              ErrorCode::invalid_argument);
    EXPECT_EQ(code_of(directory_.create_prefix(root_, {TenantId(1), {}, prefix("127.0.0.0/8"), {}, 0})),
              ErrorCode::invalid_argument);
}

TEST_F(TenancyServices, RolesAreKept) {
    const auto acme = directory_.create_tenant(root_, "acme", "Acme").value();
    const auto site = directory_.create_site(root_, acme.id, "Wien", 1'000'000'000).value();
    ASSERT_TRUE(
        directory_.create_prefix(root_, {acme.id, site.id, prefix("192.0.2.0/24"), ConsentMode::ask, 0}));
    for (const auto& low : {caller(Role::operator_viewer), caller(Role::tenant_admin, acme.id),
                            caller(Role::tenant_viewer, acme.id)}) {
        EXPECT_EQ(code_of(directory_.create_tenant(low, "b", "B")), ErrorCode::forbidden);
        EXPECT_EQ(code_of(directory_.rename_tenant(low, acme.id, 1, "B")), ErrorCode::forbidden);
        EXPECT_EQ(code_of(directory_.remove_tenant(low, acme.id)), ErrorCode::forbidden);
        EXPECT_EQ(code_of(directory_.create_site(low, acme.id, "B", 0)), ErrorCode::forbidden);
        EXPECT_EQ(code_of(directory_.change_site(low, site.id, 1, {})), ErrorCode::forbidden);
        EXPECT_EQ(code_of(directory_.remove_site(low, site.id)), ErrorCode::forbidden);
        EXPECT_EQ(code_of(directory_.create_prefix(low, {acme.id, {}, prefix("198.51.100.0/24"), {}, 0})),
                  ErrorCode::forbidden);
        EXPECT_EQ(code_of(directory_.remove_prefix(low, prefix("192.0.2.0/24"))), ErrorCode::forbidden);
        EXPECT_EQ(code_of(policy_.apply(low, {}, std::nullopt, "")), ErrorCode::forbidden);
    }
    for (const auto& low : {caller(Role::operator_viewer), caller(Role::tenant_viewer, acme.id)}) {
        EXPECT_EQ(
            code_of(directory_.set_consent(low, prefix("192.0.2.0/24"), 1, ConsentMode::automatic, "x")),
            ErrorCode::forbidden);
        EXPECT_EQ(code_of(users_.create(low, acme.id, "x", Role::tenant_viewer, std::nullopt)),
                  ErrorCode::forbidden);
    }
    EXPECT_EQ(audit().size(), 3U) << "what was refused changed nothing";
}

TEST_F(TenancyServices, ConsentIsTheCustomersAndHasAReason) {
    const auto acme = directory_.create_tenant(root_, "acme", "Acme").value();
    const auto bolt = directory_.create_tenant(root_, "bolt", "Bolt").value();
    ASSERT_TRUE(directory_.create_prefix(root_, {acme.id, {}, prefix("192.0.2.0/24"), ConsentMode::ask, 0}));
    const Caller anna = caller(Role::tenant_admin, acme.id);
    EXPECT_EQ(code_of(directory_.set_consent(anna, prefix("192.0.2.0/24"), 1, ConsentMode::automatic, "")),
              ErrorCode::invalid_argument);
    EXPECT_EQ(code_of(directory_.set_consent(caller(Role::tenant_admin, bolt.id), prefix("192.0.2.0/24"), 1,
                                             ConsentMode::off, "x")),
              ErrorCode::not_found);
    EXPECT_EQ(
        directory_.set_consent(anna, prefix("192.0.2.0/24"), 1, ConsentMode::automatic, "signed on 3 May")
            .value()
            .version,
        2U);
    EXPECT_EQ(code_of(directory_.set_consent(anna, prefix("192.0.2.0/24"), 1, ConsentMode::off, "x")),
              ErrorCode::conflict);
    EXPECT_EQ(board_.current()->find(acme.id)->prefixes[0].consent, ConsentMode::automatic);
    const auto entries = audit_.list(anna.scope, std::nullopt, {}, 10).value();
    EXPECT_EQ(entries[0].action, "prefix.consent");
    EXPECT_EQ(entries[0].before, "ask");
    EXPECT_EQ(entries[0].after, "auto");
    EXPECT_EQ(entries[0].reason, "signed on 3 May");
}

TEST_F(TenancyServices, WhatIsInForceKeepsItsPrefixAndTenant) {
    const auto acme = directory_.create_tenant(root_, "acme", "Acme").value();
    ASSERT_TRUE(
        directory_.create_prefix(root_, {acme.id, {}, prefix("192.0.2.0/24"), ConsentMode::automatic, 0}));
    model::Mitigation mitigation;
    mitigation.tenant = acme.id;
    mitigation.incident = model::IncidentId(1);
    mitigation.state = model::MitigationState::active;
    mitigation.target = prefix("192.0.2.10");
    auto stored = store_->mitigations().create(root_.scope, mitigation).value();
    EXPECT_EQ(code_of(directory_.remove_prefix(root_, prefix("192.0.2.0/24"))), ErrorCode::conflict);
    EXPECT_EQ(code_of(directory_.remove_tenant(root_, acme.id)), ErrorCode::conflict);
    EXPECT_EQ(code_of(policy_.apply(root_, {}, std::nullopt, "")), ErrorCode::conflict);
    EXPECT_EQ(code_of(policy_.apply(root_, document("tenants: [{slug: acme}]"), std::nullopt, "")),
              ErrorCode::conflict);
    stored.state = model::MitigationState::withdrawn;
    ASSERT_TRUE(store_->mitigations().update(root_.scope, stored));
    EXPECT_TRUE(directory_.remove_prefix(root_, prefix("192.0.2.0/24")));
    EXPECT_TRUE(directory_.remove_tenant(root_, acme.id));
}

TEST_F(TenancyServices, TheBoardTellsWhatChangedInOrder) {
    std::vector<std::uint64_t> versions;
    std::vector<TenantId> seen;
    board_.on_change([&](const tenancy::PolicyState& state, const std::vector<TenantId>& changed) {
        versions.push_back(state.version);
        seen.insert(seen.end(), changed.begin(), changed.end());
    });
    const auto acme = directory_.create_tenant(root_, "acme", "Acme").value();
    const auto site = directory_.create_site(root_, acme.id, "Wien", 1'000).value();
    ASSERT_TRUE(
        directory_.create_prefix(root_, {acme.id, site.id, prefix("192.0.2.0/24"), ConsentMode::ask, 0}));
    EXPECT_THAT(seen, ElementsAre(acme.id, acme.id, acme.id));
    EXPECT_TRUE(std::is_sorted(versions.begin(), versions.end()));
    const auto state = board_.current();
    ASSERT_NE(state->owner(prefix("192.0.2.77")), nullptr);
    EXPECT_EQ(state->owner(prefix("192.0.2.77"))->tenant.id, acme.id);
    EXPECT_EQ(state->line_rate_bps(*state->owner(prefix("192.0.2.77")), prefix("192.0.2.77")), 1'000U);
    EXPECT_EQ(state->owner(prefix("192.0.3.1")), nullptr);
    EXPECT_EQ(state->owner(prefix("192.0.0.0/16")), nullptr) << "it holds others' addresses, too";
    EXPECT_EQ(state->owner(prefix("::1")), nullptr);
    tenancy::PolicyBoard fresh(store_->tenancy());
    EXPECT_TRUE(fresh.load());
    EXPECT_EQ(fresh.current()->version, state->version);
    EXPECT_EQ(fresh.current()->tenants.size(), 1U);
}

}  // namespace
}  // namespace sluice::store
