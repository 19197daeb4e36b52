// Where events are kept, so that a listener that was away can catch up. Implemented by store/.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/result.hpp"
#include "model/event.hpp"
#include "model/tenant_scope.hpp"

namespace sluice::incident {

class EventRepository {
  public:
    virtual ~EventRepository() = default;
    // Gives the event its sequence number: growing, without reuse, also over restarts.
    [[nodiscard]] virtual base::Result<model::Event> append(const model::Event& event) = 0;
    // Several in this order: all of them, or none.
    [[nodiscard]] virtual base::Result<std::vector<model::Event>> append_all(
        std::span<const model::Event> events) = 0;
    // Events with a sequence above `after` that the scope may see, oldest first.
    [[nodiscard]] virtual base::Result<std::vector<model::Event>> after(const model::TenantScope& scope,
                                                                        std::uint64_t after,
                                                                        std::size_t limit) = 0;
    // Newest first, for reading back: sequences below `before` (0: from the newest), of one tenant or of all
    // in scope.
    [[nodiscard]] virtual base::Result<std::vector<model::Event>> list(const model::TenantScope& scope,
                                                                       std::optional<model::TenantId> tenant,
                                                                       std::uint64_t before,
                                                                       std::size_t limit) = 0;
};

}  // namespace sluice::incident
