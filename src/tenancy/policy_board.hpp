// The tenants as they are now, in memory, for those who ask often: the planner before each announcement, the
// resolver, the collectors' policies. Immutable states that are swapped; a reader keeps what it has taken.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "model/tenant_state.hpp"
#include "net/prefix.hpp"
#include "tenancy/unit_of_work.hpp"

namespace sluice::tenancy {

struct PolicyState {
    std::uint64_t version = 0;
    std::vector<std::shared_ptr<const model::TenantState>> tenants;  // by id

    // nullptr when there is none.
    [[nodiscard]] const model::TenantState* find(model::TenantId id) const;
    // Whose prefix contains this one; nullptr when nobody's.
    [[nodiscard]] const model::TenantState* owner(const net::Prefix& prefix) const;
    // Of the site that the prefix belongs to; 0 when not known.
    [[nodiscard]] static std::uint64_t line_rate_bps(const model::TenantState& tenant,
                                                     const net::Prefix& prefix);

    std::vector<std::pair<net::Prefix, const model::TenantState*>> by_prefix;  // in order, none overlaps
};

// Thread-safe.
class PolicyBoard {
  public:
    explicit PolicyBoard(UnitOfWork& store);

    // All tenants, from the store. Once at start.
    [[nodiscard]] base::Status load();
    [[nodiscard]] std::shared_ptr<const PolicyState> current() const;

    // Called after a change is committed, with the tenants that it touched (also removed ones), in the order
    // of changes. Register before the first change. A listener may read the board, but not change tenants.
    using Listener =
        std::function<void(const PolicyState& state, const std::vector<model::TenantId>& changed)>;
    void on_change(Listener listener);

    // By the services, after a commit.
    [[nodiscard]] base::Status refresh(const std::vector<model::TenantId>& changed);

  private:
    using Loader =
        std::function<base::Status(Transaction& transaction, const PolicyState& old,
                                   std::vector<std::shared_ptr<const model::TenantState>>& states)>;
    base::Status replace(const Loader& loader, const std::vector<model::TenantId>& changed);

    UnitOfWork& store_;
    mutable std::mutex mutex_;
    std::mutex refresh_mutex_;
    std::shared_ptr<const PolicyState> state_ = std::make_shared<PolicyState>();
    bool stale_ = false;  // a refresh failed: the next one reads everything
    std::vector<Listener> listeners_;
};

}  // namespace sluice::tenancy
