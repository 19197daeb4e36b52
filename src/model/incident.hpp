// Findings that belong together, as people and contracts speak of them: one attack on one customer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "model/attack_vector.hpp"
#include "model/finding.hpp"
#include "model/ids.hpp"
#include "net/prefix.hpp"

namespace sluice::model {

enum class IncidentState : std::uint8_t {
    open,    // the attack goes on
    ended,   // the attack is over; mitigations may still be cooling down
    closed,  // nothing is left in force
};

// One line of the timeline.
struct IncidentEntry {
    base::Timestamp at{};
    std::string kind;  // "first-evidence", "detected", "mitigation-announced", "attack-ended" …, stable
    std::string text;  // for people
};

struct Incident {
    IncidentId id;
    TenantId tenant;
    IncidentState state = IncidentState::open;
    net::Prefix target;
    std::string title;  // "TCP SYN flood on 192.0.2.10"
    TrafficDirection direction = TrafficDirection::inbound;
    base::Timestamp started_at{};  // first evidence
    base::Timestamp detected_at{};
    std::optional<base::Timestamp> ended_at;
    TrafficRate peak;
    std::vector<Finding> findings;  // the latest state of each
    std::vector<IncidentEntry> timeline;
    std::uint64_t version = 0;
};

}  // namespace sluice::model
