// Policies applied as a whole, and the audit log that proves itself, on a real store.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "incident/webhook.hpp"
#include "store/testdata/tenancy_services.hpp"

namespace sluice::store {
namespace {

using base::ErrorCode;
using model::ConsentMode;
using model::Role;
using model::TenantScope;
using testdata::code_of;
using testdata::prefix;
using testdata::TenancyServices;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST_F(TenancyServices, APolicyIsAppliedWholeAndOnlyOnce) {
    const auto wanted = document(
        "tenants:\n"
        "  - slug: acme\n"
        "    name: Acme Ltd\n"
        "    sites: [{name: Wien, line_rate: 1 Gbps}]\n"
        "    prefixes: [{prefix: 192.0.2.0/24, consent: auto}]\n"
        "    detection: {thresholds: [{name: syn, vector: tcp-syn, packets: 20 kpps}]}\n"
        "    users: [{login: anna, role: tenant_admin}]\n"
        "    webhooks: [{url: 'http://x/', kinds: [incident]}]\n"
        "  - slug: bolt\n"
        "    prefixes: [198.51.100.0/24]\n");
    const auto first = policy_.apply(root_, wanted, std::nullopt, "the first one").value();
    EXPECT_THAT(policy::diff(first.tenants, wanted), IsEmpty());
    EXPECT_EQ(first.tenants[1].prefixes[0].consent, ConsentMode::ask)
        << "a new prefix without consent is asked for";
    ASSERT_EQ(board_.current()->tenants.size(), 2U);
    EXPECT_EQ(board_.current()->tenants[0]->protection.thresholds.size(), 1U);
    const auto again = policy_.apply(root_, wanted, first.version, "nothing new").value();
    EXPECT_EQ(again.version, first.version) << "nothing has changed";
    const auto entries = audit();
    ASSERT_EQ(entries.size(), 2U) << "one a tenant";
    EXPECT_THAT(entries[1].after, HasSubstr("prefixes/192.0.2.0/24/consent: auto"));
    EXPECT_EQ(entries[1].reason, "the first one");
    EXPECT_EQ(code_of(policy_.apply(root_, {}, first.version - 1, "")), ErrorCode::conflict);
    EXPECT_EQ(
        policy_.current(TenantScope::of(board_.current()->tenants[0]->tenant.id)).value().tenants.size(), 1U);
}

TEST_F(TenancyServices, WhatAPolicyLeavesOpenStays) {
    const auto first = policy_
                           .apply(root_,
                                  document("tenants: [{slug: acme, prefixes: [192.0.2.0/24], users: [{login: "
                                           "anna, role: tenant_admin}], webhooks: [{url: 'http://x/'}]}]"),
                                  std::nullopt, "")
                           .value();
    const auto acme = board_.current()->tenants[0]->tenant.id;
    ASSERT_TRUE(directory_.set_consent(caller(Role::tenant_admin, acme), prefix("192.0.2.0/24"), 1,
                                       ConsentMode::automatic, "signed"));
    const auto second =
        policy_
            .apply(root_, document("tenants: [{slug: acme, name: New name, prefixes: [192.0.2.0/24]}]"),
                   std::nullopt, "")
            .value();
    EXPECT_EQ(second.tenants[0].name, "New name");
    EXPECT_EQ(second.tenants[0].prefixes[0].consent, ConsentMode::automatic);
    EXPECT_EQ(second.tenants[0].users, first.tenants[0].users);
    EXPECT_EQ(second.tenants[0].webhooks, first.tenants[0].webhooks);
    const auto third =
        policy_
            .apply(
                root_,
                document(
                    "tenants: [{slug: acme, users: [], webhooks: [{url: 'http://x/', kinds: [incident]}]}]"),
                std::nullopt, "")
            .value();
    EXPECT_TRUE(third.tenants[0].users->empty());
    EXPECT_TRUE(third.tenants[0].prefixes.empty());
    EXPECT_EQ(third.tenants[0].webhooks->at(0).kinds.size(), 1U);
    EXPECT_EQ(store_->webhooks().list(root_.scope).value().size(), 1U);
}

TEST_F(TenancyServices, APrefixMovesBetweenTenantsInOneStep) {
    ASSERT_TRUE(policy_.apply(
        root_,
        document("tenants: [{slug: acme, prefixes: [{prefix: 192.0.2.0/24, consent: auto}]}, {slug: bolt}]"),
        std::nullopt, ""));
    const auto moved =
        policy_
            .apply(
                root_,
                document("tenants: [{slug: acme}, {slug: bolt, prefixes: [192.0.2.0/25, 192.0.2.128/25]}]"),
                std::nullopt, "")
            .value();
    EXPECT_TRUE(moved.tenants[0].prefixes.empty());
    EXPECT_EQ(moved.tenants[1].prefixes[0].consent, ConsentMode::ask)
        << "consent is the customer's, not the prefix's";
}

TEST_F(TenancyServices, NothingHalfAppliedIsKept) {
    ASSERT_TRUE(policy_.apply(root_, document("tenants: [{slug: acme, prefixes: [192.0.2.0/24]}]"),
                              std::nullopt, ""));
    ASSERT_TRUE(users_.create(root_, {}, "taken", Role::operator_viewer, std::nullopt));
    const auto before = policy_.current(root_.scope).value();
    const auto entries = audit().size();
    // The login of the second tenant's user is taken: found only when the first tenant is already changed.
    EXPECT_EQ(code_of(policy_.apply(root_,
                                    document("tenants: [{slug: acme, name: Changed}, {slug: zeta, users: "
                                             "[{login: taken, role: tenant_admin}]}]"),
                                    std::nullopt, "")),
              ErrorCode::conflict);
    auto overlapping = document(
        "tenants: [{slug: acme, prefixes: [192.0.2.0/24]}, {slug: bolt, prefixes: [198.51.100.0/24]}]");
    overlapping[1].prefixes[0].prefix = prefix("192.0.2.128/25");  // as a caller that checks nothing
    EXPECT_EQ(code_of(policy_.apply(root_, overlapping, std::nullopt, "")), ErrorCode::conflict);
    const auto after = policy_.current(root_.scope).value();
    EXPECT_EQ(after.tenants, before.tenants);
    EXPECT_EQ(after.version, before.version);
    EXPECT_EQ(audit().size(), entries);
    EXPECT_EQ(board_.current()->tenants[0]->tenant.name, "acme");
}

TEST_F(TenancyServices, TheAuditChainProvesItself) {
    for (int i = 0; i < 2500; ++i)
        ASSERT_TRUE(audit_.record(root_, {{}, "test", std::to_string(i), "", std::string(i % 7, 'x'), ""}));
    const auto verified = audit_.verify().value();
    EXPECT_TRUE(verified.intact);
    EXPECT_EQ(verified.entries, 2500U);
    const auto newest = audit_.list(root_.scope, std::nullopt, {}, 1).value().front();
    EXPECT_EQ(verified.head, newest.hash);
    EXPECT_TRUE(audit_.record({root_.scope, Role::operator_admin, {}, std::string(40'000, 'x'), ""},
                              {{}, "a", std::string("\x01\xff\n"), "", "", ""}));
    EXPECT_EQ(audit_.list(root_.scope, std::nullopt, {}, 1).value().front().object, " ?\n");
    EXPECT_EQ(audit_.list(root_.scope, std::nullopt, {}, 1).value().front().actor.size(), 16'384U);
}

}  // namespace
}  // namespace sluice::store
