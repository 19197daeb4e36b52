// How gateways and collectors are, and what the gateways count: the latest of what they reported, with rates
// made of the growth of their counters.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.hpp"
#include "model/collector_report.hpp"
#include "model/finding.hpp"
#include "model/gateway_report.hpp"
#include "model/ids.hpp"

namespace sluice::api::system {

struct GatewayHealth {
    std::string name;
    bool up = false;
    base::Timestamp last_seen_at{};
    base::Timestamp started_at{};
    net::Address next_hop;
    net::Address next_hop6;
    std::uint64_t generation = 0;
    std::size_t targets = 0;
    std::string trouble;  // in its own words; empty: none
    model::AttributeEditions tables;
    model::TrafficRate received;
    model::TrafficRate passed;
    model::TrafficRate dropped;
};

struct CollectorHealth {
    std::string name;
    bool up = false;
    base::Timestamp last_seen_at{};
    base::Timestamp started_at{};
    std::uint64_t policy_version = 0;
    std::uint64_t records = 0;
    std::vector<std::pair<std::string, std::uint64_t>> losses;
};

// Over all gateways.
struct MitigationCounters {
    base::Timestamp at{};
    model::TargetCounters total;
    model::TrafficRate received;
    model::TrafficRate passed;
    model::TrafficRate dropped;
    model::TrafficRate answered;
};

// How far what was last sent has come, for one tenant.
struct ProgramSpread {
    std::size_t gateways = 0;  // that report now
    std::size_t behind = 0;    // of them: not everything that was sent is in force yet
    std::size_t refused = 0;   // of them: do not take this tenant's program
};

// Thread-safe.
class PlatformHealth {
  public:
    struct Config {
        std::uint32_t gateway_silent_ms = 800;
        std::uint32_t collector_silent_ms = 3000;
        std::uint32_t rate_window_ms = 1000;
        std::size_t max_gateways = 64;
        std::size_t max_collectors = 256;
        std::size_t max_mitigations = 4096;  // a gateway: counters that are remembered after their end
    };

    PlatformHealth(Config config, const base::Clock& clock) : config_(config), clock_(clock) {}

    void on_gateway_report(const model::GatewayReport& report);
    void on_gateway_detached(const std::string& name);
    void on_collector_report(const model::CollectorReport& report);
    void on_collector_detached(const std::string& name);
    // What peers were last sent; theirs are equal when all is in force.
    void set_wanted(std::uint64_t generation, std::uint64_t policy_version);

    [[nodiscard]] std::vector<GatewayHealth> gateways() const;
    [[nodiscard]] std::vector<CollectorHealth> collectors() const;
    [[nodiscard]] ProgramSpread spread_of(model::TenantId tenant) const;
    [[nodiscard]] std::optional<MitigationCounters> counters(model::MitigationId id) const;
    [[nodiscard]] std::uint64_t wanted_generation() const;
    [[nodiscard]] std::uint64_t wanted_policy_version() const;

  private:
    struct Sums {
        model::PacketCount in;
        model::PacketCount passed;
        model::PacketCount dropped;
        model::PacketCount answered;
    };
    struct Moment {
        base::Instant at{};
        Sums all;
        std::unordered_map<model::MitigationId, Sums> by_mitigation;
    };
    struct Kept {
        base::Timestamp at{};
        model::TargetCounters latest;
        model::TargetCounters earlier_lives;
    };
    struct Gateway {
        model::GatewayReport report;
        base::Instant seen{};
        bool attached = true;
        std::deque<Moment> moments;  // oldest first, at least rate_window_ms back
        // Also of what has ended and is not reported any more, and of lives before a restart.
        std::map<model::MitigationId, Kept> kept;
    };
    struct Collector {
        model::CollectorReport report;
        base::Instant seen{};
        bool attached = true;
    };
    void keep(Gateway& gateway, const model::GatewayReport& report) const;
    [[nodiscard]] bool up(const Gateway& gateway) const;
    [[nodiscard]] static model::TrafficRate rate(model::PacketCount now, model::PacketCount before,
                                                 base::Duration over);

    const Config config_;
    const base::Clock& clock_;
    mutable std::mutex mutex_;
    std::map<std::string, Gateway> gateways_;
    std::map<std::string, Collector> collectors_;
    std::uint64_t wanted_generation_ = 0;
    std::uint64_t wanted_policy_version_ = 0;
};

}  // namespace sluice::api::system
