// What a flow was judged under. Flows of another edition are judged again.
#pragma once

#include <cstdint>

#include "dataplane/stage.hpp"

namespace sluice::dataplane::passage {

struct Edition {
    std::uint32_t generation;
    std::uint16_t users;
};

// It changes with the policy, whenever a rule's time begins or ends, and, where rules name users, with
// each log-in and its end. A flow that had no packet during 255 changes of times, or some 2^24 log-ins,
// would look current: it has expired long before.
[[nodiscard]] Edition edition_now(const Context& context, const TenantPath& path);

}  // namespace sluice::dataplane::passage
