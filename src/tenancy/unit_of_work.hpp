// Several changes that stand or fall together, with their audit entry: the port to the store.
#pragma once

#include <functional>

#include "base/result.hpp"

namespace sluice::tenancy {

class AuditRepository;
class CredentialRepository;
class PrefixRepository;
class ProtectionRepository;
class SiteRepository;
class TenantRepository;
class UserBindingRepository;
class UserRepository;
class WebhookTable;

class Transaction {
  public:
    virtual ~Transaction() = default;
    virtual TenantRepository& tenants() = 0;
    virtual SiteRepository& sites() = 0;
    virtual PrefixRepository& prefixes() = 0;
    virtual ProtectionRepository& protections() = 0;
    virtual UserRepository& users() = 0;
    virtual CredentialRepository& credentials() = 0;
    virtual WebhookTable& webhooks() = 0;
    virtual UserBindingRepository& user_bindings() = 0;
    virtual AuditRepository& audit() = 0;
};

// Thread-safe. Writes run one after the other; reads see one committed state and wait for nobody.
class UnitOfWork {
  public:
    virtual ~UnitOfWork() = default;
    // Success: committed and on disk. Anything else: nothing of it has happened.
    [[nodiscard]] virtual base::Status write(const std::function<base::Status(Transaction&)>& work) = 0;
    // A write inside of it fails.
    [[nodiscard]] virtual base::Status read(const std::function<base::Status(Transaction&)>& work) = 0;
};

}  // namespace sluice::tenancy
