// The services of tenancy on a real store.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.hpp"
#include "incident/webhook.hpp"
#include "mitigation/mitigation_repository.hpp"
#include "policy/policy_diff.hpp"
#include "policy/policy_reader.hpp"
#include "store/testdata/scratch_store.hpp"
#include "tenancy/audit_log.hpp"
#include "tenancy/authentication_service.hpp"
#include "tenancy/directory_service.hpp"
#include "tenancy/policy_service.hpp"
#include "tenancy/user_binding_service.hpp"
#include "tenancy/user_service.hpp"

namespace sluice::store {
namespace {

using base::ErrorCode;
using model::ConsentMode;
using model::Role;
using model::TenantId;
using model::TenantScope;
using tenancy::Caller;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

net::Prefix prefix(std::string_view text) {
    return net::Prefix::parse(text).value();
}

template <class T>
ErrorCode code_of(const base::Result<T>& result) {
    EXPECT_FALSE(result.has_value());
    return result ? ErrorCode::internal : result.error().code;
}

std::vector<tenancy::TenantChange> in_words(const std::vector<model::TenantPolicy>& before,
                                            const std::vector<model::TenantPolicy>& after) {
    std::map<std::string, tenancy::TenantChange> changes;
    for (const auto& change : policy::diff(before, after)) {
        auto& entry = changes[change.tenant_slug];
        entry.slug = change.tenant_slug;
        if (change.before) entry.before += change.path + ": " + *change.before + "\n";
        if (change.after) entry.after += change.path + ": " + *change.after + "\n";
    }
    std::vector<tenancy::TenantChange> list;
    for (auto& [slug, change] : changes) list.push_back(std::move(change));
    return list;
}

// What a gateway would be told.
class Told final : public tenancy::UserBindingSink {
  public:
    void on_binding(const model::UserBinding& binding) override { bindings[binding.key()] = binding; }
    void on_bindings_ended(const std::vector<model::UserBindingKey>& ended) override {
        for (const auto& key : ended) bindings.erase(key);
    }
    std::map<model::UserBindingKey, model::UserBinding> bindings;
};

class TenancyServices : public testing::Test {
  protected:
    static std::vector<model::TenantPolicy> document(std::string_view text) {
        return policy::read_policy(text, "p.yaml").value();
    }
    Caller caller(Role role, TenantId tenant = {}) const {
        return {tenant.is_none() ? TenantScope::provider() : TenantScope::of(tenant), role, model::UserId(99),
                "someone", "192.0.2.99"};
    }
    std::vector<tenancy::AuditEntry> audit() const {
        return audit_.list(TenantScope::provider(), std::nullopt, {}, 1000).value();
    }

    testdata::ScratchStore store_;
    base::ManualClock clock_;
    base::SeededRandom random_{1};
    tenancy::PasswordHasher hasher_{{.operations = 1, .memory_bytes = 8192}};
    tenancy::PolicyBoard board_{store_->tenancy()};
    tenancy::DirectoryService directory_{{}, {store_->tenancy(), board_, clock_}};
    tenancy::UserService users_{{}, {store_->tenancy(), hasher_, clock_}};
    tenancy::AuthenticationService authentication_{{}, {store_->tenancy(), hasher_, random_, clock_}};
    tenancy::AuditLog audit_{{store_->tenancy(), clock_}};
    tenancy::PolicyService policy_{{}, {store_->tenancy(), board_, random_, clock_, in_words}};
    Told told_;
    tenancy::UserBindingService logins_{{.max_bindings_per_tenant = 3}, {store_->tenancy(), clock_, told_}};
    const Caller root_ = caller(Role::operator_admin);
};

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

TEST_F(TenancyServices, UsersKeepTheirPlaces) {
    const auto acme = directory_.create_tenant(root_, "acme", "Acme").value();
    const auto bolt = directory_.create_tenant(root_, "bolt", "Bolt").value();
    const Caller anna = caller(Role::tenant_admin, acme.id);
    EXPECT_EQ(code_of(users_.create(root_, acme.id, "x", Role::operator_admin, std::nullopt)),
              ErrorCode::invalid_argument);
    EXPECT_EQ(code_of(users_.create(root_, {}, "x", Role::tenant_admin, std::nullopt)),
              ErrorCode::invalid_argument);
    EXPECT_EQ(code_of(users_.create(anna, {}, "x", Role::operator_admin, std::nullopt)),
              ErrorCode::forbidden);
    EXPECT_EQ(code_of(users_.create(anna, bolt.id, "x", Role::tenant_viewer, std::nullopt)),
              ErrorCode::not_found);
    EXPECT_EQ(code_of(users_.create(root_, acme.id, "x", Role::tenant_viewer, "short")),
              ErrorCode::invalid_argument);
    const auto bert =
        users_.create(anna, acme.id, "bert", Role::tenant_viewer, "a good long password").value();
    EXPECT_EQ(code_of(users_.change(anna, bert.id, 1, {.role = Role::operator_admin, .disabled = {}})),
              ErrorCode::invalid_argument);
    EXPECT_EQ(code_of(users_.change(caller(Role::tenant_admin, bolt.id), bert.id, 1,
                                    {.role = Role::tenant_admin, .disabled = {}})),
              ErrorCode::not_found);
    EXPECT_EQ(users_.change(anna, bert.id, 1, {.role = Role::tenant_admin, .disabled = {}}).value().role,
              Role::tenant_admin);
    EXPECT_EQ(users_.list(anna.scope, std::nullopt, {}, 10).value().size(), 1U);
    EXPECT_EQ(code_of(users_.remove(caller(Role::tenant_admin, bolt.id), bert.id)), ErrorCode::not_found);
    EXPECT_TRUE(users_.remove(anna, bert.id));
}

TEST_F(TenancyServices, TheLastOperatorStays) {
    EXPECT_TRUE(users_.ensure_operator("operator", "a good long password").value());
    EXPECT_FALSE(users_.ensure_operator("operator", "a good long password").value());
    const auto first = users_.list(TenantScope::provider(), std::nullopt, {}, 10).value().front();
    EXPECT_EQ(code_of(users_.remove(root_, first.id)), ErrorCode::conflict);
    EXPECT_EQ(code_of(users_.change(root_, first.id, first.version, {.role = {}, .disabled = true})),
              ErrorCode::conflict);
    EXPECT_EQ(code_of(users_.change(root_, first.id, first.version,
                                    {.role = Role::operator_viewer, .disabled = {}})),
              ErrorCode::conflict);
    const auto second = users_.create(root_, {}, "second", Role::operator_admin, std::nullopt).value();
    Caller own = root_;
    own.user = second.id;
    EXPECT_EQ(code_of(users_.remove(own, second.id)), ErrorCode::conflict) << "nobody removes himself";
    EXPECT_TRUE(users_.remove(own, first.id));
}

class Logins : public TenancyServices {
  protected:
    void SetUp() override {
        acme_ = directory_.create_tenant(root_, "acme", "Acme").value().id;
        anna_ = users_.create(root_, acme_, "anna@acme.example", Role::tenant_admin, "a good long password")
                    .value();
    }
    auto login(const std::string& password, const std::string& address = "203.0.113.1") {
        return authentication_.login("Anna@acme.example", password, address);
    }
    ErrorCode refused(const std::string& password, const std::string& address = "203.0.113.1") {
        const auto result = login(password, address);
        EXPECT_FALSE(result.has_value());
        return result ? ErrorCode::internal : result.error().error.code;
    }
    TenantId acme_;
    model::User anna_;
};

TEST_F(Logins, ASessionOpensTheDoorUntilItEnds) {
    const auto granted = login("a good long password").value();
    EXPECT_TRUE(granted.secret.starts_with("sls_"));
    const auto identity = authentication_.authenticate(granted.secret, "203.0.113.1").value();
    EXPECT_EQ(identity.caller.role, Role::tenant_admin);
    EXPECT_TRUE(identity.caller.scope.allows(acme_));
    EXPECT_FALSE(identity.caller.scope.is_provider());
    EXPECT_EQ(identity.user.login, "anna@acme.example");
    EXPECT_EQ(code_of(authentication_.authenticate(granted.secret + "x", "")), ErrorCode::unauthenticated);
    EXPECT_EQ(code_of(authentication_.authenticate("", "")), ErrorCode::unauthenticated);
    clock_.advance(std::chrono::hours{13});
    EXPECT_EQ(code_of(authentication_.authenticate(granted.secret, "")), ErrorCode::unauthenticated);
    EXPECT_TRUE(authentication_.clean_up());
    const auto again = login("a good long password").value();
    EXPECT_TRUE(authentication_.logout(again.identity));
    EXPECT_EQ(code_of(authentication_.authenticate(again.secret, "")), ErrorCode::unauthenticated);
}

TEST_F(Logins, TheStoreHoldsNoSecret) {
    const auto granted = login("a good long password").value();
    std::string hash;
    EXPECT_TRUE(store_->tenancy().read([&](tenancy::Transaction& t) -> base::Status {
        hash = t.credentials().password_hash(anna_.id).value();
        return {};
    }));
    EXPECT_THAT(hash, HasSubstr("$argon2id$"));
    const auto other =
        users_.create(root_, acme_, "twin", Role::tenant_admin, "a good long password").value();
    EXPECT_TRUE(store_->tenancy().read([&](tenancy::Transaction& t) -> base::Status {
        EXPECT_NE(t.credentials().password_hash(other.id).value(), hash) << "salted";
        return {};
    }));
    for (const auto& entry : audit()) EXPECT_EQ(entry.after.find(granted.secret), std::string::npos);
}

TEST_F(Logins, GuessingIsSlowedDown) {
    for (int i = 0; i < 10; ++i) EXPECT_EQ(refused("wrong"), ErrorCode::unauthenticated);
    const auto closed = login("a good long password");
    ASSERT_FALSE(closed.has_value());
    EXPECT_EQ(closed.error().error.code, ErrorCode::exhausted);
    EXPECT_EQ(closed.error().retry_after_s, 300U);
    EXPECT_TRUE(login("a good long password", "203.0.113.2")) << "who guesses does not lock the owner out";
    clock_.advance(std::chrono::seconds{301});
    EXPECT_TRUE(login("a good long password"));
    for (int i = 0; i < 50; ++i)
        EXPECT_FALSE(authentication_.login("nobody" + std::to_string(i), "x", "203.0.113.3"));
    EXPECT_EQ(refused("a good long password", "203.0.113.3"), ErrorCode::exhausted)
        << "one address, many logins";
    for (int i = 0; i < 200; ++i) (void)login("wrong", "198.51.100." + std::to_string(i));
    EXPECT_EQ(refused("a good long password", "203.0.113.4"), ErrorCode::exhausted)
        << "many addresses, one login";
}

TEST_F(Logins, ADisabledUserIsOutAtOnce) {
    const auto granted = login("a good long password").value();
    const auto token = authentication_.create_token(granted.identity.caller, "export", std::nullopt).value();
    EXPECT_TRUE(authentication_.authenticate(token.secret, ""));
    anna_ = users_.change(root_, anna_.id, anna_.version, {.role = {}, .disabled = true}).value();
    EXPECT_EQ(code_of(authentication_.authenticate(granted.secret, "")), ErrorCode::unauthenticated);
    EXPECT_EQ(code_of(authentication_.authenticate(token.secret, "")), ErrorCode::unauthenticated);
    EXPECT_EQ(refused("a good long password"), ErrorCode::unauthenticated);
    ASSERT_TRUE(users_.change(root_, anna_.id, anna_.version, {.role = {}, .disabled = false}));
    EXPECT_EQ(code_of(authentication_.authenticate(granted.secret, "")), ErrorCode::unauthenticated)
        << "the session is gone for good";
    EXPECT_TRUE(authentication_.authenticate(token.secret, ""));
}

TEST_F(Logins, TokensAreOnesOwn) {
    const auto granted = login("a good long password").value();
    const auto& caller = granted.identity.caller;
    const auto token =
        authentication_.create_token(caller, "export", clock_.wall() + std::chrono::hours{1}).value();
    EXPECT_TRUE(token.secret.starts_with("slt_"));
    EXPECT_EQ(authentication_.tokens(caller, {}, 10).value().size(), 1U) << "sessions are no tokens";
    EXPECT_EQ(code_of(authentication_.create_token(caller, "late", clock_.wall())),
              ErrorCode::invalid_argument);
    EXPECT_EQ(code_of(authentication_.revoke_token(caller, granted.identity.credential.id)),
              ErrorCode::not_found)
        << "a session is no token";
    const auto bert =
        users_.create(root_, acme_, "bert", Role::tenant_admin, "another long password").value();
    EXPECT_EQ(code_of(authentication_.revoke_token({caller.scope, Role::tenant_admin, bert.id, "bert", ""},
                                                   token.credential.id)),
              ErrorCode::not_found);
    const auto identity = authentication_.authenticate(token.secret, "").value();
    EXPECT_FALSE(authentication_.logout(identity)) << "a token has no session";
    EXPECT_TRUE(authentication_.revoke_token(caller, token.credential.id));
    EXPECT_EQ(code_of(authentication_.authenticate(token.secret, "")), ErrorCode::unauthenticated);
    for (int i = 0; i < 32; ++i) EXPECT_TRUE(authentication_.create_token(caller, "t", std::nullopt));
    EXPECT_EQ(code_of(authentication_.create_token(caller, "t", std::nullopt)), ErrorCode::exhausted);
}

TEST_F(Logins, APasswordIsChangedByItsOwnerOrAnAdmin) {
    const auto here = login("a good long password").value();
    const auto elsewhere = login("a good long password").value();
    const auto& caller = here.identity.caller;
    EXPECT_EQ(code_of(users_.set_password(caller, anna_.id, "a better long password", "wrong")),
              ErrorCode::forbidden);
    EXPECT_EQ(code_of(users_.set_password(caller, anna_.id, "a better long password", std::nullopt)),
              ErrorCode::forbidden);
    EXPECT_TRUE(users_.set_password(caller, anna_.id, "a better long password", "a good long password",
                                    here.identity.credential.id));
    EXPECT_TRUE(authentication_.authenticate(here.secret, ""));
    EXPECT_EQ(code_of(authentication_.authenticate(elsewhere.secret, "")), ErrorCode::unauthenticated);
    EXPECT_EQ(refused("a good long password"), ErrorCode::unauthenticated);
    EXPECT_TRUE(users_.set_password(root_, anna_.id, "reset by the provider", std::nullopt));
    EXPECT_TRUE(login("reset by the provider"));
    const auto viewer =
        users_.create(root_, acme_, "viewer", Role::tenant_viewer, "viewers long password").value();
    EXPECT_EQ(code_of(users_.set_password({caller.scope, Role::tenant_viewer, viewer.id, "viewer", ""},
                                          anna_.id, "a better long password", std::nullopt)),
              ErrorCode::forbidden);
}

TEST_F(Logins, TheOldestSessionMakesRoom) {
    const auto first = login("a good long password").value();
    for (int i = 0; i < 16; ++i) EXPECT_TRUE(login("a good long password"));
    EXPECT_EQ(code_of(authentication_.authenticate(first.secret, "")), ErrorCode::unauthenticated);
}

TEST_F(Logins, AUserWithoutAPasswordCannotLogIn) {
    ASSERT_TRUE(users_.create(root_, acme_, "nopass", Role::tenant_viewer, std::nullopt));
    for (const auto* password : {"", "nobody has this password"}) {
        const auto result = authentication_.login("nopass", password, "203.0.113.9");
        ASSERT_FALSE(result.has_value());
        EXPECT_EQ(result.error().error.code, ErrorCode::unauthenticated);
    }
}

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
