// The controller's end of the links: collectors and gateways attach here.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/metrics.hpp"
#include "base/result.hpp"
#include "model/collector_report.hpp"
#include "model/detection_policy.hpp"
#include "model/finding.hpp"
#include "model/gateway_report.hpp"
#include "model/tenant_program.hpp"
#include "model/user_binding.hpp"
#include "rpc/link_config.hpp"

namespace sluice::rpc {

// All calls come from threads of the link, those of one peer in order. They may take some milliseconds (a
// finding is stored before the call returns): only that peer waits.
class LinkServerHandler {
  public:
    virtual ~LinkServerHandler() = default;
    virtual void on_collector(const std::string& name, bool attached) = 0;
    virtual void on_finding(const std::string& collector, const model::Finding& finding) = 0;
    virtual void on_collector_report(const model::CollectorReport& report) = 0;
    virtual void on_gateway(const std::string& name, bool attached) = 0;
    virtual void on_gateway_report(const model::GatewayReport& report) = 0;
};

class LinkServer {
  public:
    struct Dependencies {
        LinkServerHandler& handler;
        const base::Clock& clock;
        base::Logger log;
        base::MetricRegistry& metrics;
    };

    LinkServer(LinkServerConfig config, Dependencies dependencies);
    ~LinkServer();  // stops

    // unavailable: the address is taken; invalid_argument: settings or certificate files.
    [[nodiscard]] base::Status start();
    void stop();
    // The port that it listens on (for a configured port 0).
    [[nodiscard]] std::uint16_t port() const;

    // What peers are to have. The server keeps the latest, sends it to every peer at once and to each that
    // attaches later; a slow peer gets the newest state, not a backlog. Thread-safe, never wait.
    void set_policies(std::vector<model::DetectionPolicy> policies, std::uint64_t version);
    void set_programs(std::vector<model::TenantProgram> programs);  // the full set
    void set_program(model::TenantProgram program);  // one tenant's, its generation the highest
    void remove_program(model::TenantId tenant, std::uint64_t generation);
    // Who is logged in where. Until the full set is given, gateways keep what they have.
    void set_bindings(const std::vector<model::UserBinding>& bindings);  // the full set
    void set_binding(const model::UserBinding& binding);
    void remove_bindings(const std::vector<model::UserBindingKey>& ended);
    void remove_bindings_of(model::TenantId tenant);

  private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::rpc
