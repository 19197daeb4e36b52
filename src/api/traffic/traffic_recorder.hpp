// Makes one row a second of what collectors and gateways report: kept for graphs, and shown as it happens.
//
// Collectors report rates once a second, gateways growing counters several times a second. A second takes
// each collector's newest report, and what each gateway's counters have grown since the second before.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/metrics.hpp"
#include "base/result.hpp"
#include "model/collector_report.hpp"
#include "model/gateway_report.hpp"
#include "tenancy/policy_board.hpp"
#include "tenancy/traffic_repository.hpp"

namespace sluice::api::traffic {

struct TrafficNow {
    base::Timestamp second{};
    tenancy::TrafficColumns total;
    std::unordered_map<model::TenantId, tenancy::TrafficColumns> tenants;  // those with traffic

    // Zero where there is none.
    [[nodiscard]] tenancy::TrafficColumns of(model::TenantId tenant) const {
        const auto found = tenants.find(tenant);
        return found == tenants.end() ? tenancy::TrafficColumns{} : found->second;
    }
};

// Thread-safe.
class TrafficRecorder {
  public:
    struct Config {
        std::uint32_t stale_ms = 2500;     // a collector's report counts this long
        std::size_t max_points = 200'000;  // of one collector's report
        std::size_t max_reporters = 512;
    };
    struct Dependencies {
        tenancy::TrafficRepository& repository;
        const tenancy::PolicyBoard& board;
        const base::Clock& clock;
        base::Logger log;
        base::MetricRegistry& metrics;
    };

    TrafficRecorder(Config config, Dependencies dependencies);

    void on_collector_report(const model::CollectorReport& report);
    void on_gateway_report(const model::GatewayReport& report);
    // Once a second. The store's failure is told and costs this second only.
    [[nodiscard]] base::Status step();

    // Of the last whole second; never null.
    [[nodiscard]] std::shared_ptr<const TrafficNow> now() const;

  private:
    using Key = std::pair<model::TenantId, net::Prefix>;
    using Columns = std::map<Key, tenancy::TrafficColumns>;
    struct CollectorState {
        base::Instant seen{};
        std::vector<model::TrafficPoint> points;
    };
    struct Sums {
        model::PacketCount passed;
        model::PacketCount dropped;
    };
    struct GatewayState {
        base::Timestamp started_at{};
        base::Timestamp at{};
        std::map<Key, Sums> sums;  // by target
        base::Timestamp taken_at{};
        std::map<Key, Sums> taken;  // as of the second before
    };
    void add_collectors(Columns& columns) const;
    void add_gateways(Columns& columns);

    const Config config_;
    Dependencies dependencies_;
    base::Counter& refused_;
    base::Counter& lost_seconds_;
    mutable std::mutex mutex_;
    std::map<std::string, CollectorState> collectors_;
    std::map<std::string, GatewayState> gateways_;
    std::shared_ptr<const TrafficNow> now_;
};

}  // namespace sluice::api::traffic
