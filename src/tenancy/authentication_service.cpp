#include "tenancy/authentication_service.hpp"

#include <algorithm>

#include "tenancy/audit_log.hpp"
#include "tenancy/login_throttle.hpp"
#include "tenancy/secret.hpp"
#include "tenancy/service_steps.hpp"
#include "tenancy/text_rules.hpp"

namespace sluice::tenancy {

using base::ErrorCode;
using model::TenantScope;
using model::User;

namespace {

base::Error not_signed_in() {
    return {
        ErrorCode::unauthenticated, "the session or token is not known or has ended", {}, "sign in again"};
}

Caller caller_of(const User& user, const std::string& address) {
    return {user.tenant.is_none() ? TenantScope::provider() : TenantScope::of(user.tenant), user.role,
            user.id, user.login, address};
}

}  // namespace

base::Status validate(const AuthenticationConfig& config) {
    const auto refuse = [](const char* what, const char* hint) {
        return base::fail(ErrorCode::invalid_argument, what, "authentication", hint);
    };
    if (config.session_lifetime_s < 60 || config.session_lifetime_s > 30 * 86'400)
        return refuse("session_lifetime_s is out of range", "write 60 to 2592000");
    if (config.max_sessions_per_user == 0 || config.max_sessions_per_user > 1000)
        return refuse("max_sessions_per_user is out of range", "write 1 to 1000");
    if (config.failure_window_s == 0 || config.failure_window_s > 86'400)
        return refuse("failure_window_s is out of range", "write 1 to 86400");
    if (config.max_failures_of_pair == 0 || config.max_failures_of_address == 0 ||
        config.max_failures_of_login == 0)
        return refuse("a limit of failures is 0", "write at least 1");
    return {};
}

AuthenticationService::AuthenticationService(AuthenticationConfig config, Dependencies dependencies)
    : config_(config),
      dependencies_(dependencies),
      throttle_(std::make_unique<LoginThrottle>(LoginThrottle::Config{
          config.max_failures_of_pair, config.max_failures_of_address, config.max_failures_of_login,
          config.failure_window_s, config.max_remembered})) {}

AuthenticationService::~AuthenticationService() = default;

std::expected<LoginGranted, LoginRefused> AuthenticationService::login(const std::string& login,
                                                                       const std::string& password,
                                                                       const std::string& address) {
    const auto now = dependencies_.clock.now();
    if (const auto wait_s = throttle_->closed_for_s(login, address, now); wait_s > 0)
        return std::unexpected(LoginRefused{
            {ErrorCode::exhausted, "there were too many failed logins", {}, "try again later"}, wait_s});
    User user;
    std::string hash;
    const auto found = dependencies_.store.read([&](Transaction& transaction) -> base::Status {
        auto one = transaction.users().find_login(TenantScope::provider(), login);
        if (!one) return std::unexpected(one.error());
        user = *one;
        auto stored = transaction.credentials().password_hash(user.id);
        if (!stored) return std::unexpected(stored.error());
        hash = std::move(*stored);
        return {};
    });
    if (!found && found.error().code != ErrorCode::not_found)
        return std::unexpected(LoginRefused{found.error(), 0});
    // Also for a login that nobody has: the answer takes as long, and says no more.
    const auto fits = dependencies_.hasher.verify(hash, password);
    if (!fits)
        return std::unexpected(
            LoginRefused{fits.error(), fits.error().code == ErrorCode::exhausted ? 2U : 0U});
    if (!*fits || user.disabled) {
        throttle_->failed(login, address, now);
        return std::unexpected(
            LoginRefused{{ErrorCode::unauthenticated, "login or password is wrong", {}, "check both"}, 0});
    }
    throttle_->succeeded(login, address);
    const Caller caller = caller_of(user, address);
    auto session = open_session(caller, user);
    if (!session) return std::unexpected(LoginRefused{session.error(), 0});
    return LoginGranted{{caller, user, session->credential}, session->secret};
}

base::Result<SecretCredential> AuthenticationService::open_session(const Caller& caller, const User& user) {
    SecretCredential result;
    result.secret = make_secret(CredentialKind::session, dependencies_.random);
    const auto hash = hash_of_secret(result.secret);
    if (!hash) return base::fail(ErrorCode::internal, "a new secret has not the form of a secret");
    const auto wall = dependencies_.clock.wall();
    const auto status = dependencies_.store.write([&](Transaction& transaction) -> base::Status {
        const auto present = transaction.credentials().list(user.id, CredentialKind::session, {}, 10'000);
        if (!present) return std::unexpected(present.error());
        for (std::size_t i = 0; i + config_.max_sessions_per_user <= present->size(); ++i) {
            if (const auto removed = transaction.credentials().remove(user.id, (*present)[i].id); !removed)
                return removed;
        }
        auto stored =
            transaction.credentials().insert({{},
                                              user.id,
                                              CredentialKind::session,
                                              "",
                                              wall,
                                              wall + std::chrono::seconds{config_.session_lifetime_s}},
                                             *hash);
        if (!stored) return std::unexpected(stored.error());
        result.credential = *stored;
        return AuditLog::append(transaction, caller, wall,
                                {user.tenant, "session.open", user.login, "", "", ""});
    });
    if (!status) return std::unexpected(status.error());
    return result;
}

base::Result<Identity> AuthenticationService::authenticate(const std::string& secret,
                                                           const std::string& address) const {
    const auto hash = hash_of_secret(secret);
    if (!hash) return std::unexpected(not_signed_in());
    Identity identity;
    const auto status = dependencies_.store.read([&](Transaction& transaction) -> base::Status {
        auto credential = transaction.credentials().find(*hash);
        if (!credential)
            return std::unexpected(credential.error().code == ErrorCode::not_found ? not_signed_in()
                                                                                   : credential.error());
        if (credential->expires_at && *credential->expires_at <= dependencies_.clock.wall())
            return std::unexpected(not_signed_in());
        auto user = transaction.users().find(TenantScope::provider(), credential->user);
        if (!user)
            return std::unexpected(user.error().code == ErrorCode::not_found ? not_signed_in()
                                                                             : user.error());
        if (user->disabled) return std::unexpected(not_signed_in());
        identity = {caller_of(*user, address), *user, *credential};
        return {};
    });
    if (!status) return std::unexpected(status.error());
    return identity;
}

base::Status AuthenticationService::logout(const Identity& identity) {
    if (identity.credential.kind != CredentialKind::session)
        return base::fail(ErrorCode::conflict, "an API token has no session to end", {},
                          "revoke the token instead");
    return dependencies_.store.write([&](Transaction& transaction) {
        return transaction.credentials().remove(identity.user.id, identity.credential.id);
    });
}

base::Result<SecretCredential> AuthenticationService::create_token(
    const Caller& caller, const std::string& name, std::optional<base::Timestamp> expires_at) {
    if (const auto status = check_name(name, "name", 100); !status) return std::unexpected(status.error());
    const auto wall = dependencies_.clock.wall();
    if (expires_at && *expires_at <= wall)
        return base::fail(ErrorCode::invalid_argument, "the token would end in the past", "expires_at",
                          "write a time to come, or none");
    SecretCredential result;
    result.secret = make_secret(CredentialKind::token, dependencies_.random);
    const auto hash = hash_of_secret(result.secret);
    if (!hash) return base::fail(ErrorCode::internal, "a new secret has not the form of a secret");
    const auto status = dependencies_.store.write([&](Transaction& transaction) -> base::Status {
        const auto user = transaction.users().find(caller.scope, caller.user);
        if (!user) return std::unexpected(user.error());
        const auto present =
            transaction.credentials().list(user->id, CredentialKind::token, {}, config_.max_tokens_per_user);
        if (!present) return std::unexpected(present.error());
        if (present->size() >= config_.max_tokens_per_user)
            return too_many("tokens of a user", config_.max_tokens_per_user);
        auto stored = transaction.credentials().insert(
            {{}, user->id, CredentialKind::token, name, wall, expires_at}, *hash);
        if (!stored) return std::unexpected(stored.error());
        result.credential = *stored;
        return AuditLog::append(transaction, caller, wall,
                                {user->tenant, "token.create", name, "", stored->id.to_string(), ""});
    });
    if (!status) return std::unexpected(status.error());
    return result;
}

base::Status AuthenticationService::revoke_token(const Caller& caller, model::TokenId id) {
    return dependencies_.store.write([&](Transaction& transaction) -> base::Status {
        // Sessions share the table; this is for tokens only.
        const auto tokens =
            transaction.credentials().list(caller.user, CredentialKind::token,
                                           model::TokenId(std::max<std::uint64_t>(id.value(), 1) - 1), 1);
        if (!tokens) return std::unexpected(tokens.error());
        if (tokens->empty() || tokens->front().id != id)
            return base::fail(ErrorCode::not_found, "there is no such token", id.to_string());
        if (const auto status = transaction.credentials().remove(caller.user, id); !status) return status;
        return AuditLog::append(
            transaction, caller, dependencies_.clock.wall(),
            {caller.scope.tenant(), "token.revoke", tokens->front().name, id.to_string(), "", ""});
    });
}

base::Result<std::vector<Credential>> AuthenticationService::tokens(const Caller& caller,
                                                                    model::TokenId after,
                                                                    std::size_t limit) const {
    return read_one<std::vector<Credential>>(dependencies_.store, [&](Transaction& transaction) {
        return transaction.credentials().list(caller.user, CredentialKind::token, after,
                                              std::min<std::size_t>(limit, 1000));
    });
}

base::Status AuthenticationService::clean_up() {
    return dependencies_.store.write([&](Transaction& transaction) {
        return transaction.credentials().remove_expired(dependencies_.clock.wall());
    });
}

}  // namespace sluice::tenancy
