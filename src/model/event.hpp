// Something that people or other systems are told as it happens: server-sent events, webhooks, the demo's
// timeline.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.hpp"
#include "model/ids.hpp"

namespace sluice::model {

struct Event {
    std::uint64_t sequence = 0;  // grows by one each; the server-sent event id
    base::Timestamp at{};
    std::string kind;     // "incident.opened", "incident.updated", "incident.ended", "mitigation.proposed",
                          // "mitigation.announced", "mitigation.withdrawn", "gateway.up", "gateway.down",
                          // "alarm.raised", "attacker.named", "attacker.over" …
    TenantId tenant;      // none: the provider's own
    IncidentId incident;  // may be none
    MitigationId mitigation;  // may be none
    std::string text;         // one sentence for people
};

}  // namespace sluice::model
