// What tenancy keeps: the ports that a store implements. All of them are reached through a transaction
// (unit_of_work.hpp) and are valid only while it runs.
//
// Rules of every call: a scope that does not allow the tenant gets not_found, in lists nothing. Changes carry
// the version that they were made from: a stored object that has moved on is a conflict with
// where = "version". Every insert and update gives the next version. Lists are in the order of their key and
// begin behind `after`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "model/ids.hpp"
#include "model/tenant.hpp"
#include "model/tenant_policy.hpp"
#include "model/tenant_scope.hpp"
#include "model/user_binding.hpp"
#include "net/prefix.hpp"
#include "tenancy/audit_entry.hpp"

namespace sluice::tenancy {

class TenantRepository {
  public:
    virtual ~TenantRepository() = default;
    // The id and version of the draft are given here. conflict: the slug is taken.
    virtual base::Result<model::Tenant> insert(const model::TenantScope& scope,
                                               const model::Tenant& draft) = 0;
    virtual base::Result<model::Tenant> update(const model::TenantScope& scope,
                                               const model::Tenant& tenant) = 0;
    // With its sites, prefixes, users and what hangs on them. Incidents and audit entries stay.
    virtual base::Status remove(const model::TenantScope& scope, model::TenantId id) = 0;
    virtual base::Result<model::Tenant> find(const model::TenantScope& scope, model::TenantId id) = 0;
    virtual base::Result<model::Tenant> find_slug(const model::TenantScope& scope, std::string_view slug) = 0;
    virtual base::Result<std::vector<model::Tenant>> list(const model::TenantScope& scope,
                                                          model::TenantId after, std::size_t limit) = 0;
    virtual base::Result<std::size_t> count() = 0;
    // Whether a mitigation of the tenant is active or cooling, on `within` when that is given.
    virtual base::Result<bool> in_force(model::TenantId id, const std::optional<net::Prefix>& within) = 0;
};

class SiteRepository {
  public:
    virtual ~SiteRepository() = default;
    // conflict: the tenant has a site of this name.
    virtual base::Result<model::Site> insert(const model::TenantScope& scope, const model::Site& draft) = 0;
    virtual base::Result<model::Site> update(const model::TenantScope& scope, const model::Site& site) = 0;
    // conflict: a prefix belongs to it.
    virtual base::Status remove(const model::TenantScope& scope, model::SiteId id) = 0;
    virtual base::Result<model::Site> find(const model::TenantScope& scope, model::SiteId id) = 0;
    // Of one tenant, or of all in scope.
    virtual base::Result<std::vector<model::Site>> list(const model::TenantScope& scope,
                                                        std::optional<model::TenantId> tenant,
                                                        model::SiteId after, std::size_t limit) = 0;
};

class PrefixRepository {
  public:
    virtual ~PrefixRepository() = default;
    // conflict: it overlaps a stored prefix of any tenant.
    virtual base::Result<model::TenantPrefix> insert(const model::TenantScope& scope,
                                                     const model::TenantPrefix& draft) = 0;
    // Site and consent; the prefix itself is the key.
    virtual base::Result<model::TenantPrefix> update(const model::TenantScope& scope,
                                                     const model::TenantPrefix& prefix) = 0;
    virtual base::Status remove(const model::TenantScope& scope, const net::Prefix& prefix) = 0;
    virtual base::Result<model::TenantPrefix> find(const model::TenantScope& scope,
                                                   const net::Prefix& prefix) = 0;
    // By address, IPv6 after IPv4.
    virtual base::Result<std::vector<model::TenantPrefix>> list(const model::TenantScope& scope,
                                                                std::optional<model::TenantId> tenant,
                                                                const std::optional<net::Prefix>& after,
                                                                std::size_t limit) = 0;
};

// Thresholds, profile, filters and limits of a tenant.
class ProtectionRepository {
  public:
    virtual ~ProtectionRepository() = default;
    // Defaults when none was ever put.
    virtual base::Result<model::ProtectionPolicy> find(const model::TenantScope& scope,
                                                       model::TenantId tenant) = 0;
    virtual base::Status put(const model::TenantScope& scope, model::TenantId tenant,
                             const model::ProtectionPolicy& policy) = 0;
    // Grows with each change of any tenant that matters to collectors or gateways.
    virtual base::Result<std::uint64_t> version() = 0;
    virtual base::Result<std::uint64_t> next_version() = 0;
};

class UserRepository {
  public:
    virtual ~UserRepository() = default;
    // conflict: the login is taken. The scope of a user without a tenant is the provider's.
    virtual base::Result<model::User> insert(const model::TenantScope& scope, const model::User& draft) = 0;
    virtual base::Result<model::User> update(const model::TenantScope& scope, const model::User& user) = 0;
    virtual base::Status remove(const model::TenantScope& scope, model::UserId id) = 0;
    virtual base::Result<model::User> find(const model::TenantScope& scope, model::UserId id) = 0;
    virtual base::Result<model::User> find_login(const model::TenantScope& scope, std::string_view login) = 0;
    virtual base::Result<std::vector<model::User>> list(const model::TenantScope& scope,
                                                        std::optional<model::TenantId> tenant,
                                                        model::UserId after, std::size_t limit) = 0;
    // Enabled ones with this role.
    virtual base::Result<std::size_t> count(model::Role role) = 0;
};

// A session or an API token; its secret is kept as a hash only.
enum class CredentialKind : std::uint8_t { session, token };
struct Credential {
    model::TokenId id;
    model::UserId user;
    CredentialKind kind = CredentialKind::token;
    std::string name;  // of a token: what it is for
    base::Timestamp created_at{};
    std::optional<base::Timestamp> expires_at;
};
using SecretHash = std::array<std::uint8_t, 32>;

// Passwords, sessions and tokens. Takes no scope: who holds a secret is who he is, and the callers ask for
// users within their scope first.
class CredentialRepository {
  public:
    virtual ~CredentialRepository() = default;
    // Empty when the user has none and cannot log in.
    virtual base::Result<std::string> password_hash(model::UserId user) = 0;
    virtual base::Status set_password_hash(model::UserId user, const std::string& hash) = 0;

    virtual base::Result<Credential> insert(const Credential& draft, const SecretHash& hash) = 0;
    virtual base::Result<Credential> find(const SecretHash& hash) = 0;
    // Of one user, by id.
    virtual base::Result<std::vector<Credential>> list(model::UserId user, CredentialKind kind,
                                                       model::TokenId after, std::size_t limit) = 0;
    // not_found when it is another user's.
    virtual base::Status remove(model::UserId user, model::TokenId id) = 0;
    // All sessions but `keep` (none: all).
    virtual base::Status remove_sessions(model::UserId user, model::TokenId keep) = 0;
    virtual base::Status remove_expired(base::Timestamp now) = 0;
};

// The webhooks that a policy file names; incident/webhook.hpp sees the same ones.
class WebhookTable {
  public:
    virtual ~WebhookTable() = default;
    virtual base::Result<std::vector<model::WebhookPolicy>> of_tenant(const model::TenantScope& scope,
                                                                      model::TenantId tenant) = 0;
    virtual base::Status add(const model::TenantScope& scope, model::TenantId tenant,
                             const model::WebhookPolicy& webhook, const std::string& secret,
                             base::Timestamp now) = 0;
    // Its kinds; the secret stays. not_found: no webhook of this address.
    virtual base::Status change(const model::TenantScope& scope, model::TenantId tenant,
                                const model::WebhookPolicy& webhook) = 0;
    virtual base::Status remove(const model::TenantScope& scope, model::TenantId tenant,
                                std::string_view url) = 0;
};

// Who is logged in where. A tenant that is out of scope or does not exist is not_found, also in lists.
class UserBindingRepository {
  public:
    virtual ~UserBindingRepository() = default;
    // Also what has expired and was not removed yet.
    virtual base::Result<std::optional<model::UserBinding>> find(const model::TenantScope& scope,
                                                                 const model::UserBindingKey& key) = 0;
    // New, or in the place of the one with this key.
    virtual base::Status put(const model::TenantScope& scope, const model::UserBinding& binding) = 0;
    virtual base::Status remove(const model::TenantScope& scope, const model::UserBindingKey& key) = 0;
    // By address, IPv6 after IPv4; what expires after `now`.
    virtual base::Result<std::vector<model::UserBinding>> list(const model::TenantScope& scope,
                                                               model::TenantId tenant,
                                                               const std::optional<net::Prefix>& after,
                                                               base::Timestamp now, std::size_t limit) = 0;
    // The platform's own: of all tenants.
    virtual base::Result<std::vector<model::UserBinding>> all(base::Timestamp now) = 0;
    virtual base::Result<std::size_t> count(model::TenantId tenant) = 0;
    virtual base::Result<std::vector<model::UserBindingKey>> expired(base::Timestamp now) = 0;
    virtual base::Status remove_expired(base::Timestamp now) = 0;
};

class AuditRepository {
  public:
    virtual ~AuditRepository() = default;
    // Gives id and hash. Provider and tenant entries share one chain.
    virtual base::Result<AuditEntry> append(const AuditEntry& draft) = 0;
    // Newest first, ids below `before` (none: from the newest).
    virtual base::Result<std::vector<AuditEntry>> list(const model::TenantScope& scope,
                                                       std::optional<model::TenantId> tenant,
                                                       model::AuditEntryId before, std::size_t limit) = 0;
    // Oldest first, for verification: ids above `after`.
    virtual base::Result<std::vector<AuditEntry>> chain(model::AuditEntryId after, std::size_t limit) = 0;
    // Id and hash of the newest entry, kept apart from the entries: a cut-off end shows.
    virtual base::Result<AuditEntry> head() = 0;
};

}  // namespace sluice::tenancy
