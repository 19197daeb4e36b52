// A change of policy, prefixes or consent on its way to those who act on it: collectors, gateways,
// mitigations.
#pragma once

#include <map>
#include <mutex>
#include <vector>

#include "api/system/platform_health.hpp"
#include "base/log.hpp"
#include "incident/event_sink.hpp"
#include "mitigation/mitigation_service.hpp"
#include "mitigation/program_book.hpp"
#include "rpc/link_server.hpp"
#include "tenancy/policy_board.hpp"

namespace sluice::apps::controller {

class PolicySpread {
  public:
    struct Dependencies {
        tenancy::PolicyBoard& board;
        mitigation::ProgramBook& book;
        mitigation::MitigationService& mitigations;
        rpc::LinkServer& link;
        api::system::PlatformHealth& health;
        incident::EventSink& events;
        const base::Clock& clock;
        base::Logger log;
    };
    explicit PolicySpread(Dependencies dependencies) : dependencies_(std::move(dependencies)) {}

    // Spreads what is in force, and each change from then on. After the mitigations have started, before the
    // link.
    void start();
    // Makes the programs again whose schedules mean other hours from now on, because daylight saving began or
    // ended. Each second.
    void step();

  private:
    void send_thresholds(const tenancy::PolicyState& state);
    void make_program(const model::TenantState& tenant);
    void forget(model::TenantId tenant);
    void on_change(const tenancy::PolicyState& state, const std::vector<model::TenantId>& changed);

    Dependencies dependencies_;
    std::mutex mutex_;
    std::map<model::TenantId, base::Timestamp> schedule_changes_;  // when the next one is
};

}  // namespace sluice::apps::controller
