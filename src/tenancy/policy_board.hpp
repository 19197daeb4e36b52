// The tenants as they are now, in memory, for those who ask often: the planner before each announcement, the
// resolver, the collectors' policies. Immutable states that are swapped; a reader keeps what it has taken.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
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
    // Whose prefix contains the address or prefix; nullptr when nobody's.
    [[nodiscard]] const model::TenantState* owner(const net::Prefix& prefix) const;
};

// Thread-safe.
class PolicyBoard {
  public:
    explicit PolicyBoard(UnitOfWork& store);

    // All tenants, from the store. Once at start.
    [[nodiscard]] base::Status load();
    [[nodiscard]] std::shared_ptr<const PolicyState> current() const;

    // Called after a change is committed, with the tenants that it touched, in the order of changes and
    // without a lock held. Register before the first change.
    using Listener =
        std::function<void(const PolicyState& state, const std::vector<model::TenantId>& changed)>;
    void on_change(Listener listener);

    // By the services, after a commit.
    [[nodiscard]] base::Status refresh(const std::vector<model::TenantId>& changed);

  private:
    UnitOfWork& store_;
    mutable std::mutex mutex_;
    std::mutex refresh_mutex_;
    std::shared_ptr<const PolicyState> state_;
    std::vector<Listener> listeners_;
};

}  // namespace sluice::tenancy
