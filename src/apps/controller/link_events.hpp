// What collectors and gateways say, to all who need to hear it; and programs and detection policies back to
// them.
#pragma once

#include <map>
#include <mutex>
#include <set>
#include <string>

#include "api/firewall/attacker_board.hpp"
#include "api/firewall/firewall_board.hpp"
#include "api/system/platform_health.hpp"
#include "api/traffic/traffic_recorder.hpp"
#include "apps/controller/finding_inbox.hpp"
#include "base/log.hpp"
#include "incident/event_sink.hpp"
#include "mitigation/gateway_registry.hpp"
#include "mitigation/mitigation_service.hpp"
#include "mitigation/program_book.hpp"
#include "rpc/link_server.hpp"
#include "tenancy/user_binding_service.hpp"

namespace sluice::apps::controller {

// Thread-safe.
class LinkEvents final : public rpc::LinkServerHandler {
  public:
    struct Dependencies {
        FindingInbox& findings;
        mitigation::MitigationService& mitigations;
        mitigation::GatewayRegistry& gateways;
        api::system::PlatformHealth& health;
        api::traffic::TrafficRecorder& traffic;
        api::firewall::FirewallBoard& firewalls;
        api::firewall::AttackerBoard& attackers;
        incident::EventSink& events;
        const base::Clock& clock;
        base::Logger log;
    };
    explicit LinkEvents(Dependencies dependencies) : dependencies_(std::move(dependencies)) {}

    void on_collector(const std::string& name, bool attached) override;
    void on_finding(const std::string& collector, const model::Finding& finding) override;
    void on_collector_report(const model::CollectorReport& report) override;
    void on_gateway(const std::string& name, bool attached) override;
    void on_gateway_report(const model::GatewayReport& report) override;

  private:
    Dependencies dependencies_;
};

// Who is logged in where, to the gateways.
class LinkLogins final : public tenancy::UserBindingSink {
  public:
    void bind(rpc::LinkServer& link) { link_ = &link; }

    void on_binding(const model::UserBinding& binding) override { link_->set_binding(binding); }
    void on_bindings_ended(const std::vector<model::UserBindingKey>& ended) override {
        link_->remove_bindings(ended);
    }

  private:
    rpc::LinkServer* link_ = nullptr;
};

// Programs to the gateways. The link may not be there yet: what it then misses it gets as the full set.
class LinkPrograms final : public mitigation::ProgramSink {
  public:
    explicit LinkPrograms(api::system::PlatformHealth& health) : health_(health) {}
    void bind(rpc::LinkServer& link) { link_ = &link; }

    void on_program(const model::TenantProgram& program) override;
    void on_program_removed(model::TenantId tenant, std::uint64_t generation) override;

  private:
    api::system::PlatformHealth& health_;
    rpc::LinkServer* link_ = nullptr;
};

}  // namespace sluice::apps::controller
