#include "api/incidents/open_incidents.hpp"

#include "incident/incident_service.hpp"
#include "mitigation/mitigation_service.hpp"

namespace sluice::api::incidents {
namespace {

constexpr std::size_t page_size = 200;
constexpr std::size_t most = 10'000;

}  // namespace

Outcome<std::vector<model::Incident>> open_incidents(const Services& services,
                                                     const model::TenantScope& scope) {
    std::vector<model::Incident> all;
    incident::IncidentQuery query;
    query.not_closed_only = true;
    query.limit = page_size;
    for (std::size_t got = page_size; got == page_size && all.size() < most;) {
        auto page = services.incidents.list(scope, query);
        if (!page) return std::unexpected(Problem::from(page.error()));
        got = page->size();
        if (got > 0) query.before = page->back().id;
        for (auto& incident : *page) {
            if (incident.state == model::IncidentState::open) all.push_back(std::move(incident));
        }
    }
    return all;
}

Outcome<std::vector<model::Mitigation>> live_mitigations(const Services& services,
                                                         const model::TenantScope& scope) {
    std::vector<model::Mitigation> all;
    mitigation::MitigationQuery query;
    query.live_only = true;
    query.limit = page_size;
    for (std::size_t got = page_size; got == page_size && all.size() < most;) {
        auto page = services.mitigations.list(scope, query);
        if (!page) return std::unexpected(Problem::from(page.error()));
        got = page->size();
        if (got > 0) query.before = page->back().id;
        for (auto& mitigation : *page) all.push_back(std::move(mitigation));
    }
    return all;
}

}  // namespace sluice::api::incidents
