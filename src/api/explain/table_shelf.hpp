// The operator's tables of countries and reputations as the controller has them: what explanations go by, not
// what gateways do. Thread-safe.
#pragma once

#include <mutex>
#include <utility>

#include "dataplane/attributes/attribute_table.hpp"

namespace sluice::api::explain {

class TableShelf {
  public:
    void put(dataplane::attributes::Tables tables) {
        const std::lock_guard lock(mutex_);
        tables_ = std::move(tables);
    }
    [[nodiscard]] dataplane::attributes::Tables current() const {
        const std::lock_guard lock(mutex_);
        return tables_;
    }

  private:
    mutable std::mutex mutex_;
    dataplane::attributes::Tables tables_;
};

}  // namespace sluice::api::explain
