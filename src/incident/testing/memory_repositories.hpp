// Repositories in memory for the tests of this module, which can be told to fail; the real ones pass the
// store's contract.
#pragma once

#include <map>
#include <span>
#include <vector>

#include "incident/event_repository.hpp"
#include "incident/incident_repository.hpp"

namespace sluice::incident::testing {

class MemoryIncidents final : public IncidentRepository {
  public:
    bool failing = false;
    int updates = 0;
    int writes_of_several = 0;

    base::Result<model::Incident> create(const model::TenantScope& /*scope*/,
                                         const model::Incident& draft) override {
        if (failing) return full();
        model::Incident incident = draft;
        incident.id = model::IncidentId(rows_.size() + 1);
        incident.version = 1;
        return rows_[incident.id] = incident;
    }
    base::Result<std::vector<model::Incident>> create_all(const model::TenantScope& scope,
                                                          std::span<const model::Incident> drafts) override {
        if (failing) return full();
        ++writes_of_several;
        std::vector<model::Incident> stored;
        for (const auto& draft : drafts) stored.push_back(create(scope, draft).value());
        return stored;
    }
    base::Result<std::vector<model::Incident>> update_all(
        const model::TenantScope& scope, std::span<const model::Incident> incidents) override {
        if (failing) return full();
        ++writes_of_several;
        std::vector<model::Incident> stored;
        for (const auto& incident : incidents) stored.push_back(update(scope, incident).value());
        return stored;
    }
    base::Result<model::Incident> update(const model::TenantScope& /*scope*/,
                                         const model::Incident& incident) override {
        if (failing) return full();
        model::Incident& row = rows_.at(incident.id);
        if (row.version != incident.version)
            return base::fail(base::ErrorCode::conflict, "moved on", "version");
        ++updates;
        row = incident;
        ++row.version;
        return row;
    }
    base::Result<model::Incident> find(const model::TenantScope& scope, model::IncidentId id) override {
        const auto found = rows_.find(id);
        if (found == rows_.end() || !scope.allows(found->second.tenant)) {
            return base::fail(base::ErrorCode::not_found, "no such incident");
        }
        return found->second;
    }
    base::Result<std::vector<model::Incident>> list(const model::TenantScope& scope,
                                                    const IncidentQuery& query) override {
        std::vector<model::Incident> incidents;
        for (auto row = rows_.rbegin(); row != rows_.rend(); ++row) {
            if (!scope.allows(row->second.tenant)) continue;
            if (query.not_closed_only && row->second.state == model::IncidentState::closed) continue;
            if (!query.before.is_none() && row->first >= query.before) continue;
            if (incidents.size() < query.limit) incidents.push_back(row->second);
        }
        return incidents;
    }

  private:
    static std::unexpected<base::Error> full() {
        return base::fail(base::ErrorCode::unavailable, "the store has no room left");
    }
    std::map<model::IncidentId, model::Incident> rows_;
};

class MemoryEvents final : public EventRepository {
  public:
    bool failing = false;
    int writes_of_several = 0;

    base::Result<model::Event> append(const model::Event& event) override {
        if (failing) return base::fail(base::ErrorCode::unavailable, "the store has no room left");
        rows_.push_back(event);
        rows_.back().sequence = rows_.size();
        return rows_.back();
    }
    base::Result<std::vector<model::Event>> append_all(std::span<const model::Event> events) override {
        if (failing) return base::fail(base::ErrorCode::unavailable, "the store has no room left");
        ++writes_of_several;
        std::vector<model::Event> stored;
        for (const auto& event : events) stored.push_back(append(event).value());
        return stored;
    }
    base::Result<std::vector<model::Event>> after(const model::TenantScope& scope, std::uint64_t after,
                                                  std::size_t limit) override {
        std::vector<model::Event> events;
        for (const auto& event : rows_) {
            if (event.sequence <= after || events.size() >= limit) continue;
            if (scope.is_provider() || scope.allows(event.tenant)) events.push_back(event);
        }
        return events;
    }
    base::Result<std::vector<model::Event>> list(const model::TenantScope& scope,
                                                 std::optional<model::TenantId> tenant, std::uint64_t before,
                                                 std::size_t limit) override {
        std::vector<model::Event> events;
        for (auto event = rows_.rbegin(); event != rows_.rend() && events.size() < limit; ++event) {
            if (before != 0 && event->sequence >= before) continue;
            if (tenant && event->tenant != *tenant) continue;
            if (scope.is_provider() || scope.allows(event->tenant)) events.push_back(*event);
        }
        return events;
    }

  private:
    std::vector<model::Event> rows_;
};

}  // namespace sluice::incident::testing
