// A gateway's report as metrics for Prometheus.
#pragma once

#include "base/metrics.hpp"
#include "dataplane/gateway.hpp"
#include "model/gateway_report.hpp"
#include "packet/device.hpp"

namespace sluice::apps::gateway {

// Control thread. Counters are summed over targets: a series a target would have no limit.
class GatewayMetrics {
  public:
    explicit GatewayMetrics(base::MetricRegistry& registry);

    void update(const model::GatewayReport& report, const dataplane::Gateway& gateway);
    void update(const dataplane::FirewallTotals& totals);
    void update(std::string_view leg, const packet::DeviceCounters& counters);
    void refused_programs(std::size_t count) { refused_.add(count); }

  private:
    void update_splices(const model::GatewayReport& report, const dataplane::Gateway& gateway);

    base::MetricRegistry& registry_;
    base::Counter& refused_;
};

}  // namespace sluice::apps::gateway
