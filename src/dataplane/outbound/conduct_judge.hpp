// What a host did in one second, held against the tenant's limits.
#pragma once

#include <optional>

#include "dataplane/outbound/attacker_table.hpp"

namespace sluice::dataplane::outbound {

struct Conduct {
    model::OutboundConduct conduct = model::OutboundConduct::scans_hosts;
    std::uint64_t unanswered_percent = 0;
};

// Nothing: it attacks nobody. A host that is named is held to half of each limit, so that it is not let go
// and caught again. `others`: the same host's flows at other workers.
[[nodiscard]] std::optional<Conduct> judge(const Suspect& suspect, const SharedConduct::Part& others = {});

}  // namespace sluice::dataplane::outbound
