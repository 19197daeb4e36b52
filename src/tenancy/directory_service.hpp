// Tenants, their sites and prefixes, and the consent that they have given. Each change is checked, audited
// and on disk when the call returns.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "model/tenant.hpp"
#include "tenancy/caller.hpp"
#include "tenancy/policy_board.hpp"
#include "tenancy/unit_of_work.hpp"

namespace sluice::tenancy {

struct DirectoryLimits {
    std::size_t max_tenants = 10'000;
    std::size_t max_sites_per_tenant = 256;
    std::size_t max_prefixes_per_tenant = 1024;
    std::size_t max_name_characters = 200;
    std::size_t max_page = 1000;
};

struct SiteChange {
    std::optional<std::string> name;
    std::optional<std::uint64_t> line_rate_bps;  // 0: not known
};

// Errors besides the store's: forbidden (the role), not_found (also: out of scope), conflict (where =
// "version": the object moved on; else a name or prefix is taken, or something still hangs on it),
// exhausted (a limit), invalid_argument. Thread-safe.
class DirectoryService {
  public:
    struct Dependencies {
        UnitOfWork& store;
        PolicyBoard& board;
        const base::Clock& clock;
    };

    DirectoryService(DirectoryLimits limits, Dependencies dependencies);

    [[nodiscard]] base::Result<model::Tenant> create_tenant(const Caller& caller, const std::string& slug,
                                                            const std::string& name,
                                                            const std::string& reason = {});
    [[nodiscard]] base::Result<model::Tenant> rename_tenant(const Caller& caller, model::TenantId id,
                                                            std::uint64_t version, const std::string& name);
    [[nodiscard]] base::Status remove_tenant(const Caller& caller, model::TenantId id,
                                             const std::string& reason = {});
    [[nodiscard]] base::Result<model::Tenant> tenant(const model::TenantScope& scope,
                                                     model::TenantId id) const;
    [[nodiscard]] base::Result<model::Tenant> tenant_by_slug(const model::TenantScope& scope,
                                                             const std::string& slug) const;
    [[nodiscard]] base::Result<std::vector<model::Tenant>> tenants(const model::TenantScope& scope,
                                                                   model::TenantId after,
                                                                   std::size_t limit) const;

    [[nodiscard]] base::Result<model::Site> create_site(const Caller& caller, model::TenantId tenant,
                                                        const std::string& name, std::uint64_t line_rate_bps);
    [[nodiscard]] base::Result<model::Site> change_site(const Caller& caller, model::SiteId id,
                                                        std::uint64_t version, const SiteChange& change);
    [[nodiscard]] base::Status remove_site(const Caller& caller, model::SiteId id);
    [[nodiscard]] base::Result<model::Site> site(const model::TenantScope& scope, model::SiteId id) const;
    [[nodiscard]] base::Result<std::vector<model::Site>> sites(const model::TenantScope& scope,
                                                               std::optional<model::TenantId> tenant,
                                                               model::SiteId after, std::size_t limit) const;

    [[nodiscard]] base::Result<model::TenantPrefix> create_prefix(const Caller& caller,
                                                                  const model::TenantPrefix& draft);
    // By the provider's or the tenant's admin, with the reason that the audit log keeps.
    [[nodiscard]] base::Result<model::TenantPrefix> set_consent(const Caller& caller,
                                                                const net::Prefix& prefix,
                                                                std::uint64_t version,
                                                                model::ConsentMode consent,
                                                                const std::string& reason);
    [[nodiscard]] base::Status remove_prefix(const Caller& caller, const net::Prefix& prefix);
    [[nodiscard]] base::Result<model::TenantPrefix> prefix(const model::TenantScope& scope,
                                                           const net::Prefix& prefix) const;
    [[nodiscard]] base::Result<std::vector<model::TenantPrefix>> prefixes(
        const model::TenantScope& scope, std::optional<model::TenantId> tenant,
        const std::optional<net::Prefix>& after, std::size_t limit) const;

  private:
    const DirectoryLimits limits_;
    Dependencies dependencies_;
};

}  // namespace sluice::tenancy
