// A gateway's end of its link to the controller: reports (its heartbeat) up, programs down. Reconnects by
// itself.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/metrics.hpp"
#include "base/result.hpp"
#include "model/gateway_report.hpp"
#include "model/tenant_program.hpp"
#include "model/user_binding.hpp"
#include "rpc/link_config.hpp"

namespace sluice::rpc {

struct ProgramUpdate {
    bool full = false;             // tenants that are not named are to be removed
    std::uint64_t generation = 0;  // to report once all of this is in force
    std::vector<model::TenantProgram> programs;
    std::vector<model::TenantId> removed;  // only without `full`
};

class GatewayClientHandler {
  public:
    virtual ~GatewayClientHandler() = default;
    // From a thread of the link, in order. After each (re)connect the first update is a full one. When the
    // link breaks, the gateway keeps its programs and goes on.
    virtual void on_programs(ProgramUpdate update) = 0;
    // Who is logged in where; the same is true of these.
    virtual void on_bindings(model::UserBindingUpdate /*update*/) {}
    virtual void on_link(bool /*up*/) {}
};

class GatewayClient {
  public:
    struct Dependencies {
        GatewayClientHandler& handler;
        const base::Clock& clock;
        base::Logger log;
        base::MetricRegistry& metrics;
    };

    GatewayClient(LinkClientConfig config, Dependencies dependencies);
    ~GatewayClient();  // stops

    [[nodiscard]] base::Status start();
    void stop();

    // Thread-safe, never waits. Only the newest report waits for a slow link. Call it every 200 ms, and at
    // once after a program came into force: a diversion waits for that acknowledgement.
    void send(const model::GatewayReport& report);
    [[nodiscard]] bool connected() const;

  private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::rpc
