// What a detector saw, with its evidence. A finding is opened once, updated while it lasts, and closed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "model/attack_vector.hpp"
#include "model/detection_policy.hpp"
#include "model/flow_record.hpp"
#include "model/guard.hpp"
#include "model/ids.hpp"
#include "net/prefix.hpp"

namespace sluice::model {

enum class FindingState : std::uint8_t { opened, updated, closed };

struct TrafficRate {
    std::uint64_t packets_per_s = 0;
    std::uint64_t bits_per_s = 0;

    bool operator==(const TrafficRate&) const = default;
};

struct VectorShare {
    AttackVector vector = AttackVector::total;
    TrafficRate rate;
};

struct TopSource {
    net::Prefix source;             // a host, or its /24 or /48
    std::uint16_t source_port = 0;  // 0: many
    TrafficRate rate;
};

struct IngressShare {
    net::Address exporter;
    std::uint32_t interface = 0;
    TrafficRate rate;
};

// The rule that fired and its numbers, so that a person can check it.
struct FiredRule {
    std::string threshold;  // Threshold::name
    std::string metric;     // "packets/s", "bits/s"
    std::uint64_t limit = 0;
    std::uint64_t observed = 0;
    std::uint64_t usual = 0;  // learned median, 0 when not known
};

struct Finding {
    std::string key;  // unique a detector and episode: the same through opened, updated and closed
    FindingState state = FindingState::opened;
    TenantId tenant;
    CountScope scope = CountScope::host;
    TrafficDirection direction = TrafficDirection::inbound;
    net::Prefix target;  // the host, the prefix, or the tenant's widest attacked prefix

    base::Timestamp
        first_seen_at{};  // first packet or record that counted towards it, by the record's own time
    base::Timestamp detected_at{};
    base::Timestamp last_seen_at{};

    FiredRule rule;
    TrafficRate before;   // over the last quiet minute
    TrafficRate current;  // all traffic of the scope now
    TrafficRate peak;
    UsualTraffic usual;                  // of the target, by the detector's baselines
    std::vector<VectorShare> vectors;    // strongest first, at most 8
    std::vector<TopSource> sources;      // strongest first, at most 16
    std::uint32_t distinct_sources = 0;  // estimate
    std::vector<IngressShare> ingress;   // at most 8
    std::vector<FlowRecord> samples;     // at most 8
    std::vector<net::Prefix> hosts;      // carpet bombing: most hit hosts, at most 16
    std::uint16_t destination_port = 0;  // when one port takes most of it; 0: many
};

}  // namespace sluice::model
