// When traffic to a customer counts as an attack: what a policy resolves to for the collectors.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/attack_vector.hpp"
#include "model/ids.hpp"
#include "net/prefix.hpp"

namespace sluice::model {

// Over which traffic a threshold counts.
enum class CountScope : std::uint8_t { host, prefix, tenant };
enum class TrafficDirection : std::uint8_t { inbound, outbound };

// At least one of the limits is set; crossing any of them is a crossing.
struct Threshold {
    std::string name;  // "syn-flood"; unique in its tenant, named in findings
    CountScope scope = CountScope::host;
    TrafficDirection direction = TrafficDirection::inbound;
    AttackVector vector = AttackVector::total;  // which packets are counted
    std::optional<std::uint64_t> packets_per_s;
    std::optional<std::uint64_t> bits_per_s;
    std::optional<double> line_rate_fraction;  // of the site's or prefix's line rate, 0.05 … 1.0
    // Learned: crossing when the robust z-score against the hour of the week exceeds this (3.5 is usual).
    std::optional<double> learned_z;
    // Learned thresholds never fire below this floor.
    std::uint64_t learned_floor_packets_per_s = 1000;

    bool operator==(const Threshold&) const = default;
};

struct DetectionTarget {
    net::Prefix prefix;
    std::uint64_t line_rate_bps = 0;  // 0: not known
};

// All that a collector needs to know of one tenant.
struct DetectionPolicy {
    TenantId tenant;
    std::string tenant_slug;
    std::vector<DetectionTarget> targets;  // the tenant's prefixes
    std::vector<Threshold> thresholds;
    std::uint32_t hold_down_ms = 10'000;  // traffic must stay below this long before an attack has ended
    std::uint64_t version = 0;
};

}  // namespace sluice::model
