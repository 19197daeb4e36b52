// Who is logged in at which of a customer's addresses: told by the customer's or the provider's own systems
// (a log-in page, RADIUS accounting, a directory), kept until it expires, and told to the gateways, whose
// firewall rules may name users and groups.
#pragma once

#include <cstddef>
#include <mutex>
#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "model/tenant_scope.hpp"
#include "model/user_binding.hpp"
#include "tenancy/caller.hpp"
#include "tenancy/unit_of_work.hpp"

namespace sluice::tenancy {

// Who hears of what is committed, in the order of changes. Implemented by the link to the gateways.
class UserBindingSink {
  public:
    virtual ~UserBindingSink() = default;
    virtual void on_binding(const model::UserBinding& binding) = 0;
    virtual void on_bindings_ended(const std::vector<model::UserBindingKey>& ended) = 0;
};

// Errors as DirectoryService. Thread-safe.
class UserBindingService {
  public:
    struct Limits {
        std::size_t max_bindings_per_tenant = model::UserBindingLimits::of_tenant;
        base::Duration max_lifetime = std::chrono::hours(24 * 30);
        std::size_t max_page = 1000;
    };
    struct Dependencies {
        UnitOfWork& store;
        const base::Clock& clock;
        UserBindingSink& sink;
    };

    UserBindingService(Limits limits, Dependencies dependencies)
        : limits_(limits), dependencies_(dependencies) {}

    // From now on; what was there before is replaced. The same user and groups again only live longer, and
    // this is not in the audit log. `since` is given here.
    [[nodiscard]] base::Result<model::UserBinding> put(const Caller& caller,
                                                       const model::UserBinding& binding);
    [[nodiscard]] base::Status remove(const Caller& caller, const model::UserBindingKey& key);
    // Of one tenant, by address, behind `after`; without what has expired.
    [[nodiscard]] base::Result<std::vector<model::UserBinding>> list(const model::TenantScope& scope,
                                                                     model::TenantId tenant,
                                                                     const std::optional<net::Prefix>& after,
                                                                     std::size_t limit) const;
    [[nodiscard]] base::Result<std::vector<model::UserBinding>> of_tenant(const model::TenantScope& scope,
                                                                          model::TenantId tenant) const;
    // Of all tenants: once at start, for the sink.
    [[nodiscard]] base::Result<std::vector<model::UserBinding>> all() const;
    // Removes what has expired. Each second or so; gateways end it by themselves.
    [[nodiscard]] base::Status expire();

  private:
    const Limits limits_;
    Dependencies dependencies_;
    std::mutex order_;  // commits and what the sink hears of them are in one order
};

}  // namespace sluice::tenancy
