// Between incidents and mitigations, and from both to people: timeline, events, alarms, audit.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "api/system/alarm_board.hpp"
#include "incident/event_sink.hpp"
#include "incident/incident_service.hpp"
#include "mitigation/mitigation_service.hpp"
#include "mitigation/ports.hpp"
#include "tenancy/audit_log.hpp"

namespace sluice::apps::controller {

// Thread-safe after bind().
class ResponseBridge final : public incident::Response,
                             public mitigation::MitigationObserver,
                             public mitigation::AuditPort {
  public:
    ResponseBridge(incident::EventSink& events, api::system::AlarmBoard& alarms, tenancy::AuditLog& audit)
        : events_(events), alarms_(alarms), audit_(audit) {}
    // The two services need this bridge to be made, so it gets to know them afterwards, before they start.
    void bind(incident::IncidentService& incidents, mitigation::MitigationService& mitigations) {
        incidents_ = &incidents;
        mitigations_ = &mitigations;
    }

    void on_incident(const model::Incident& incident) override { on_incidents({&incident, 1}); }
    void on_incidents(std::span<const model::Incident> incidents) override;
    [[nodiscard]] bool any_live(model::IncidentId incident) override;

    void on_mitigation(const model::Mitigation& mitigation, mitigation::MitigationChange change,
                       const std::string& text, base::Timestamp at) override;
    void on_mitigations(std::span<const mitigation::MitigationNews> news) override;
    void on_refusal(model::TenantId tenant, model::IncidentId incident, const std::string& text,
                    base::Timestamp at) override;
    void on_alarm(const mitigation::Alarm& alarm, base::Timestamp at) override;
    void on_gateway(const std::string& name, bool healthy, base::Timestamp at) override;

    [[nodiscard]] base::Status record(const model::TenantScope& scope, std::string_view actor,
                                      std::string_view action, const model::Mitigation& mitigation,
                                      std::string_view text) override;
    [[nodiscard]] base::Status record_all(std::span<const mitigation::AutomaticAction> actions) override;

  private:
    incident::EventSink& events_;
    api::system::AlarmBoard& alarms_;
    tenancy::AuditLog& audit_;
    incident::IncidentService* incidents_ = nullptr;
    mitigation::MitigationService* mitigations_ = nullptr;
};

}  // namespace sluice::apps::controller
