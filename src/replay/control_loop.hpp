// The controller's loop in a replay: findings become incidents, incidents become mitigations, mitigations
// become routes and programs, all in the caller's thread and the capture's time.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/metrics.hpp"
#include "dataplane/engine.hpp"
#include "detection/finding_sink.hpp"
#include "incident/event_sink.hpp"
#include "incident/incident_service.hpp"
#include "mitigation/announcements.hpp"
#include "mitigation/gateway_registry.hpp"
#include "mitigation/mitigation_service.hpp"
#include "mitigation/program_book.hpp"
#include "replay/replay.hpp"
#include "replay/tenant_directory.hpp"
#include "replay/virtual_network.hpp"
#include "store/sqlite/database.hpp"
#include "store/sqlite/incident_repository.hpp"
#include "store/sqlite/mitigation_repository.hpp"

namespace sluice::replay {

class ControlLoop final : public detection::FindingSink,
                          private incident::EventSink,
                          private incident::Response,
                          private mitigation::AuditPort,
                          private mitigation::MitigationObserver,
                          private mitigation::ProgramSink {
  public:
    ControlLoop(const ReplayConfig& config, TenantDirectory& tenants, dataplane::Engine& engine,
                const base::Clock& clock, const base::Logger& log);
    ~ControlLoop() override;

    [[nodiscard]] base::Status start();
    void take(const model::Finding& finding) override;
    // Everything that is due now. Call after each of the detector's ticks.
    void tick();

    // Nothing is open, proposed or in force any more.
    [[nodiscard]] bool at_rest() const;
    [[nodiscard]] const VirtualNetwork& network() const { return network_; }
    [[nodiscard]] base::Result<std::vector<model::Incident>> incidents() const;
    [[nodiscard]] base::Result<std::vector<model::Mitigation>> mitigations() const;
    [[nodiscard]] std::vector<model::Event> timeline() const { return timeline_; }
    // For each tenant, every target that was ever diverted, as it was last scrubbed.
    [[nodiscard]] std::vector<model::TenantProgram> programs_at_their_fullest() const;
    // The first failure to load a program or to keep state; a replay without it would tell a wrong story.
    [[nodiscard]] const base::Status& status() const { return status_; }

  private:
    void publish(model::Event event) override;
    void on_incident(const model::Incident& incident) override;
    bool any_live(model::IncidentId incident) override;
    base::Status record(const model::TenantScope& scope, std::string_view actor, std::string_view action,
                        const model::Mitigation& mitigation, std::string_view text) override;
    void on_mitigation(const model::Mitigation& mitigation, mitigation::MitigationChange change,
                       const std::string& text, base::Timestamp at) override;
    void on_refusal(model::TenantId tenant, model::IncidentId incident, const std::string& text,
                    base::Timestamp at) override;
    void on_alarm(const mitigation::Alarm& alarm, base::Timestamp at) override;
    void on_gateway(const std::string& name, bool healthy, base::Timestamp at) override;
    void on_program(const model::TenantProgram& program) override;
    void on_program_removed(model::TenantId tenant, std::uint64_t generation) override;
    void load_programs();

    const base::Clock& clock_;
    TenantDirectory& tenants_;
    dataplane::Engine& engine_;
    base::MetricRegistry metrics_;
    VirtualNetwork network_;
    std::unique_ptr<store::sqlite::Database> database_;
    store::sqlite::SqliteIncidentRepository incident_repository_;
    store::sqlite::SqliteMitigationRepository mitigation_repository_;
    mitigation::GatewayRegistry gateways_;
    mitigation::ProgramBook book_;
    mitigation::MitigationService mitigations_;
    incident::IncidentService incidents_;
    mitigation::Announcements announcements_;

    std::map<model::TenantId, model::TenantProgram> programs_;
    std::map<model::TenantId, model::TenantProgram> fullest_;
    std::uint64_t generation_ = 0;
    std::vector<model::Event> timeline_;
    base::Status status_;
};

}  // namespace sluice::replay
