// From findings to incidents: which findings belong together, what the timeline says, and when it is over.
//
//   finding ─▶ same attack? ─▶ open ──every finding closed or silent──▶ ended ──nothing in force──▶ closed
//                                ▲────────── it is back ─────────────────┘
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/metrics.hpp"
#include "base/result.hpp"
#include "incident/event_sink.hpp"
#include "incident/incident_repository.hpp"
#include "model/finding.hpp"
#include "model/incident.hpp"

namespace sluice::incident {

struct ServiceConfig {
    std::uint32_t stale_after_ms = 15'000;  // a finding without an update for so long: its detector is gone
    std::uint32_t persist_interval_ms = 1000;  // plain updates are stored at most this often; changes at once
    std::uint32_t max_open_per_tenant = 256;
    std::uint32_t max_findings = 64;  // of an incident
    std::uint32_t max_timeline = 256;
};
[[nodiscard]] base::Status validate(const ServiceConfig& config);

// What acts on incidents (mitigation::MitigationService, through an adapter).
class Response {
  public:
    virtual ~Response() = default;
    // Told after each change and each update, durable before, without a lock held.
    virtual void on_incident(const model::Incident& incident) = 0;
    // Of several at once, as they are now.
    virtual void on_incidents(std::span<const model::Incident> incidents) {
        for (const auto& incident : incidents) on_incident(incident);
    }
    // Whether anything is still in force or proposed for it.
    [[nodiscard]] virtual bool any_live(model::IncidentId incident) = 0;
};

// Thread-safe. No thread of its own: call tick() at least every second.
class IncidentService {
  public:
    struct Dependencies {
        IncidentRepository& repository;
        EventSink& events;
        Response& response;
        const base::Clock& clock;
        base::Logger log;
        base::MetricRegistry& metrics;
    };

    IncidentService(ServiceConfig config, Dependencies dependencies);
    ~IncidentService();

    // Loads what is not closed, and tells the response about it.
    [[nodiscard]] base::Status start();
    void stop();

    // Any number of times for one state. A finding that cannot be stored is tried again with its next update.
    void on_finding(const model::Finding& finding) { on_findings({&finding, 1}); }
    // What comes at the same time is stored, and told, together.
    void on_findings(std::span<const model::Finding> findings);
    void tick();

    // A person's line of the timeline: in the store, or not there at all. Errors: not_found, the store's.
    [[nodiscard]] base::Status add_note(model::IncidentId incident, const std::string& kind,
                                        const std::string& text, base::Timestamp at);
    // One from the response: kind "mitigation-announced", "clean-traffic", … What cannot be stored now is
    // kept and tried again.
    void note(model::IncidentId incident, const std::string& kind, const std::string& text,
              base::Timestamp at);
    struct Note {
        model::IncidentId incident;
        model::IncidentEntry entry;
    };
    void note_all(std::span<const Note> notes);

    [[nodiscard]] base::Result<model::Incident> find(const model::TenantScope& scope,
                                                     model::IncidentId id) const;
    [[nodiscard]] base::Result<std::vector<model::Incident>> list(const model::TenantScope& scope,
                                                                  const IncidentQuery& query) const;

  private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::incident
