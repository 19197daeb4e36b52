// What a collector reports besides findings: its health, the traffic that it counted, and what it lost and
// why.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "model/detection_policy.hpp"
#include "model/finding.hpp"
#include "model/ids.hpp"
#include "net/prefix.hpp"

namespace sluice::model {

// Traffic of one tenant's prefix over the report's interval, scaled by the sampling rates.
struct TrafficPoint {
    TenantId tenant;
    net::Prefix prefix;
    TrafficDirection direction = TrafficDirection::inbound;
    TrafficRate rate;
};

struct CollectorReport {
    std::string name;  // unique among the collectors
    base::Timestamp started_at{};
    base::Timestamp at{};
    std::uint64_t policy_version = 0;  // of the detection policies in force
    std::uint32_t interval_ms = 1000;
    std::uint64_t records = 0;  // counted since the start
    std::vector<std::pair<std::string, std::uint64_t>>
        losses;  // reason, records or datagrams since the start
    std::vector<TrafficPoint> traffic;
};

}  // namespace sluice::model
