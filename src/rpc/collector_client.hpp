// A collector's end of its link to the controller: findings and reports up, detection policies down.
// Reconnects by itself, and then sends every finding that is still open again.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/metrics.hpp"
#include "base/result.hpp"
#include "model/collector_report.hpp"
#include "model/detection_policy.hpp"
#include "model/finding.hpp"
#include "rpc/link_config.hpp"

namespace sluice::rpc {

class CollectorClientHandler {
  public:
    virtual ~CollectorClientHandler() = default;
    // The full list, from a thread of the link; it replaces the one before. Must return soon.
    virtual void on_policies(std::vector<model::DetectionPolicy> policies, std::uint64_t version) = 0;
    // The link came up or broke.
    virtual void on_link(bool /*up*/) {}
};

class CollectorClient {
  public:
    struct Dependencies {
        CollectorClientHandler& handler;
        const base::Clock& clock;
        base::Logger log;
        base::MetricRegistry& metrics;
    };

    CollectorClient(LinkClientConfig config, Dependencies dependencies);
    ~CollectorClient();  // stops

    [[nodiscard]] base::Status start();
    void stop();

    // Thread-safe and never wait. While the link is down, findings are kept (the latest state of each key)
    // and reports are dropped and counted.
    void send(const model::Finding& finding);
    void send(const model::CollectorReport& report);
    [[nodiscard]] bool connected() const;

  private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::rpc
