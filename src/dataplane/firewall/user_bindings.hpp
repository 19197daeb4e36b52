// The bindings of addresses to users that a gateway has, of all tenants: the writer of their tables. Ends
// them when they expire.
//
// Thread-safe; workers see only the tables.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/siphash.hpp"
#include "dataplane/firewall/user_table.hpp"
#include "model/ids.hpp"
#include "model/user_binding.hpp"

namespace sluice::dataplane::firewall {

class UserBindings {
  public:
    explicit UserBindings(base::Random& random) : key_(base::SipKey::from(random)) {}

    // Of a tenant whose rules name users: the same at every call.
    [[nodiscard]] std::shared_ptr<const UserTable> of(model::TenantId tenant);

    // In some microseconds a binding. What stays as it was disturbs no flow. Beyond the limit bindings are
    // left out, and counted.
    void apply(const model::UserBindingUpdate& update, base::Timestamp now);
    // Ends what has expired. True: something has.
    bool expire(base::Timestamp now);
    // All workers have come by since the last change.
    void forget();

    struct Totals {
        std::uint64_t generation = 0;
        std::size_t bindings = 0;
        std::uint64_t left_out = 0;  // more than the limit; only grows
    };
    [[nodiscard]] Totals totals() const;

  private:
    void put(const model::UserBinding& binding, base::Timestamp now);
    void remove(const model::UserBindingKey& key);
    [[nodiscard]] std::shared_ptr<UserTable>& table_of(model::TenantId tenant);

    base::SipKey key_;
    mutable std::mutex mutex_;
    std::map<model::TenantId, std::shared_ptr<UserTable>> tables_;
    std::map<model::UserBindingKey, base::Timestamp> expiries_;
    std::set<std::pair<base::Timestamp, model::UserBindingKey>> by_expiry_;
    std::set<model::TenantId> changed_;  // since the last forget()
    std::uint64_t generation_ = 0;
    std::uint64_t left_out_ = 0;
};

}  // namespace sluice::dataplane::firewall
