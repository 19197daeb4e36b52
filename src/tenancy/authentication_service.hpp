// Who is there: logins with a password, sessions, and API tokens. Secrets are random (256 bits), given out
// once, and kept as hashes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "tenancy/caller.hpp"
#include "tenancy/password_hasher.hpp"
#include "tenancy/repositories.hpp"
#include "tenancy/unit_of_work.hpp"

namespace sluice::tenancy {

struct AuthenticationConfig {
    std::uint32_t session_lifetime_s = 12 * 3600;
    std::size_t max_sessions_per_user = 16;  // the oldest ends
    std::size_t max_tokens_per_user = 32;
    // So many failures within the window close the door until the window has passed: of one login from one
    // address, of one address, and, so that many addresses together do not guess, of one login.
    std::uint32_t max_failures_of_pair = 10;
    std::uint32_t max_failures_of_address = 50;
    std::uint32_t max_failures_of_login = 200;
    std::uint32_t failure_window_s = 300;
    std::size_t max_remembered = 100'000;  // logins and addresses with failures
};
[[nodiscard]] base::Status validate(const AuthenticationConfig& config);

class LoginThrottle;

struct Identity {
    Caller caller{model::TenantScope::of({}), model::Role::tenant_viewer, {}, {}, {}};  // nobody
    model::User user;
    Credential credential;
};

struct SecretCredential {
    Credential credential;
    std::string secret;  // "sls_…" (session) or "slt_…" (token); only here, never again
};

struct LoginGranted {
    Identity identity;
    std::string secret;
};
struct LoginRefused {
    base::Error error;                // unauthenticated, exhausted (too many failures), or the store's
    std::uint32_t retry_after_s = 0;  // with exhausted
};

// Thread-safe.
class AuthenticationService {
  public:
    struct Dependencies {
        UnitOfWork& store;
        PasswordHasher& hasher;
        base::Random& random;  // thread-safe, fit for keys
        const base::Clock& clock;
    };

    AuthenticationService(AuthenticationConfig config, Dependencies dependencies);
    ~AuthenticationService();

    [[nodiscard]] std::expected<LoginGranted, LoginRefused> login(const std::string& login,
                                                                  const std::string& password,
                                                                  const std::string& address);
    // Of a session's or token's secret. unauthenticated: unknown, expired, or its user is disabled.
    [[nodiscard]] base::Result<Identity> authenticate(const std::string& secret,
                                                      const std::string& address) const;
    // conflict: these are no session's credentials.
    [[nodiscard]] base::Status logout(const Identity& identity);

    // Tokens of the caller himself; they have his role and tenant.
    [[nodiscard]] base::Result<SecretCredential> create_token(const Caller& caller, const std::string& name,
                                                              std::optional<base::Timestamp> expires_at);
    [[nodiscard]] base::Status revoke_token(const Caller& caller, model::TokenId id);
    [[nodiscard]] base::Result<std::vector<Credential>> tokens(const Caller& caller, model::TokenId after,
                                                               std::size_t limit) const;
    // Removes what has expired; every few minutes.
    [[nodiscard]] base::Status clean_up();

  private:
    [[nodiscard]] base::Result<SecretCredential> open_session(const Caller& caller, const model::User& user);

    const AuthenticationConfig config_;
    Dependencies dependencies_;
    std::unique_ptr<LoginThrottle> throttle_;
};

}  // namespace sluice::tenancy
