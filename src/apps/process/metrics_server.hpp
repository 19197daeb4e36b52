// GET /metrics: the process's counters as Prometheus text; GET /healthz: 200 as long as the process serves.
// A thread of its own.
#pragma once

#include <memory>
#include <string>

#include "base/metrics.hpp"
#include "base/result.hpp"

namespace sluice::apps::process {

class MetricsServer {
  public:
    // `listen`: "127.0.0.1:9102", "[::1]:9102"; empty: none. The registry outlives the server.
    MetricsServer(std::string listen, const base::MetricRegistry& registry);
    ~MetricsServer();  // stops

    // io: the address is taken, or not ours.
    [[nodiscard]] base::Status start();
    void stop();

  private:
    struct State;
    std::string listen_;
    const base::MetricRegistry& registry_;
    std::unique_ptr<State> state_;
};

}  // namespace sluice::apps::process
