// Users, their sessions, tokens and passwords, on a real store.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/testdata/tenancy_services.hpp"

namespace sluice::store {
namespace {

using base::ErrorCode;
using model::Role;
using model::TenantId;
using model::TenantScope;
using tenancy::Caller;
using testdata::code_of;
using testdata::TenancyServices;
using ::testing::HasSubstr;

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

}  // namespace
}  // namespace sluice::store
