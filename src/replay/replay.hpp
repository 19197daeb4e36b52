// Plays a capture through the detector, the incident and mitigation services and the scrubber, in virtual
// time: what Sluice would have seen and done.
//
// Two answers for each attack, because they are two questions:
//   live       the attack is met as it comes; what arrives before it is detected and diverted reaches the
//   customer in force   the same mitigation, in force from the capture's first packet on: what it does to
//   this traffic
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/result.hpp"
#include "detection/detector.hpp"
#include "incident/incident_service.hpp"
#include "mitigation/mitigation_service.hpp"
#include "model/event.hpp"
#include "model/incident.hpp"
#include "model/mitigation.hpp"
#include "model/tenant_policy.hpp"
#include "model/verdict.hpp"

namespace sluice::replay {

struct ReplayConfig {
    std::uint32_t tick_ms = 100;
    std::uint32_t route_delay_ms = 100;  // from an announcement until the routers use it
    std::uint32_t settle_s = 600;        // virtual time after the last packet for everything to end by itself
    std::uint64_t seed = 1;              // of hashes and cookies: the same seed, the same result
    detection::DetectorConfig detector;
    incident::ServiceConfig incidents;
    mitigation::ServiceConfig mitigations;
};

struct PacketTally {
    std::uint64_t packets = 0;
    std::uint64_t bytes = 0;
    void add(std::size_t frame_bytes) {
        ++packets;
        bytes += frame_bytes;
    }
};

// What one rule stopped: dropped, by a reason and the filter or template by name where there is one; or
// answered, by source verification.
struct RuleTally {
    model::Verdict verdict = model::Verdict::drop;
    model::DropReason reason = model::DropReason::none;
    std::string rule;
    PacketTally count;
};

struct Effect {
    PacketTally in;
    PacketTally passed;
    PacketTally dropped;
    PacketTally answered;          // turned into a question to the sender (source verification)
    std::vector<RuleTally> rules;  // most packets first

    // Of what came in, in 0…1; 0 when nothing came.
    [[nodiscard]] double stopped_share() const;
};

struct AttackResult {
    model::Incident incident;
    std::vector<model::Mitigation> mitigations;
    std::optional<base::Timestamp> diverted_at;  // its first route was in use
    PacketTally before_diversion;                // packets to the target that nobody could clean yet
    Effect live;
    Effect in_force;
};

struct ReplayResult {
    std::uint64_t packets = 0;
    std::uint64_t bytes = 0;
    std::uint64_t not_ip = 0;     // packets that no flow record could be made of
    std::uint64_t filled_up = 0;  // captured in part, filled up with zeros
    std::uint64_t oversized = 0;  // longer than any frame; left out
    std::uint64_t out_of_order = 0;
    base::Timestamp first_at{};
    base::Timestamp last_at{};
    PacketTally delivered;              // what reaches the customers in the live pass
    std::vector<AttackResult> attacks;  // by the time of their first evidence
    std::vector<model::Event> timeline;
};

struct ReplayInput {
    std::filesystem::path capture;
    std::vector<model::TenantPolicy> tenants;
    std::optional<std::filesystem::path> clean_capture;  // what reaches the customers, written as pcap
};

// 0…1 over both passes; called at most some hundred times.
using Progress = std::function<void(double done, std::string_view what)>;

[[nodiscard]] base::Result<ReplayResult> replay(const ReplayConfig& config, const ReplayInput& input,
                                                const base::Logger& log, const Progress& progress);

}  // namespace sluice::replay
