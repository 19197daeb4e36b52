// The whole configuration of tenants as one value: read, and replaced in one transaction or not at all.
// Parsing, checking and telling differences are policy/'s; this keeps it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "model/tenant_policy.hpp"
#include "tenancy/caller.hpp"
#include "tenancy/directory_service.hpp"
#include "tenancy/policy_board.hpp"
#include "tenancy/unit_of_work.hpp"

namespace sluice::tenancy {

struct PolicyOfTenants {
    std::uint64_t version = 0;
    std::vector<model::TenantPolicy> tenants;  // by slug; consent, users and webhooks always given
};

// What changes of one tenant, in words, for the audit log.
struct TenantChange {
    std::string slug;
    std::string before;
    std::string after;
};
// By policy::diff; the app wires it. Only tenants that change.
using DescribeChanges = std::function<std::vector<TenantChange>(
    const std::vector<model::TenantPolicy>& before, const std::vector<model::TenantPolicy>& after)>;

// Thread-safe.
class PolicyService {
  public:
    struct Dependencies {
        UnitOfWork& store;
        PolicyBoard& board;
        base::Random& random;  // secrets of new webhooks; fit for keys
        const base::Clock& clock;
        DescribeChanges describe{};  // without it the audit log names the tenants only
    };

    PolicyService(DirectoryLimits limits, Dependencies dependencies);

    // All tenants in scope.
    [[nodiscard]] base::Result<PolicyOfTenants> current(const model::TenantScope& scope) const;

    // Makes the store hold exactly these tenants; those that are not named are removed. What a tenant leaves
    // open (consent, users, webhooks) stays. Returns what is in force then. Errors: forbidden (not
    // operator_admin), conflict (where = "version": not `version` any more; else a removed tenant or prefix
    // has a mitigation in force), exhausted, invalid_argument (overlapping prefixes, unknown sites).
    [[nodiscard]] base::Result<PolicyOfTenants> apply(const Caller& caller,
                                                      const std::vector<model::TenantPolicy>& tenants,
                                                      std::optional<std::uint64_t> version,
                                                      const std::string& reason);

  private:
    base::Status replace(Transaction& transaction, const Caller& caller,
                         const std::vector<model::TenantPolicy>& before,
                         const std::vector<model::TenantPolicy>& wanted, const std::string& reason,
                         std::vector<model::TenantId>& changed);
    base::Status audit(Transaction& transaction, const Caller& caller,
                       const std::vector<model::TenantPolicy>& before,
                       const std::vector<model::TenantPolicy>& wanted,
                       const std::map<std::string, model::TenantId>& ids,
                       const std::vector<model::TenantId>& changed, const std::string& reason);

    const DirectoryLimits limits_;
    Dependencies dependencies_;
};

}  // namespace sluice::tenancy
