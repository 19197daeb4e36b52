// What the handlers work with: the controller's parts, wired by apps/.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/metrics.hpp"
#include "base/random.hpp"

namespace sluice::incident {
class EventHub;
class EventRepository;
class IncidentService;
class WebhookRepository;
}  // namespace sluice::incident
namespace sluice::mitigation {
class Announcements;
class Announcer;
class MitigationService;
class ProgramBook;
}  // namespace sluice::mitigation
namespace sluice::tenancy {
class AuditLog;
class AuthenticationService;
class DirectoryService;
class PolicyBoard;
class PolicyService;
class TrafficRepository;
class UserBindingService;
class UserService;
}  // namespace sluice::tenancy
namespace sluice::api::firewall {
class AttackerBoard;
class FirewallBoard;
}  // namespace sluice::api::firewall
namespace sluice::api::explain {
class TableShelf;
}
namespace sluice::api::traffic {
class TrafficRecorder;
}

namespace sluice::api::system {
class AlarmBoard;
class PlatformHealth;
class SpeakerHealth;
}  // namespace sluice::api::system

namespace sluice::api {

// All of them thread-safe and living longer than the server.
struct Services {
    tenancy::AuthenticationService& authentication;
    tenancy::DirectoryService& directory;
    tenancy::UserService& users;
    tenancy::UserBindingService& user_bindings;
    tenancy::PolicyService& policy;
    tenancy::PolicyBoard& board;
    tenancy::AuditLog& audit;
    incident::IncidentService& incidents;
    incident::EventHub& events;
    incident::EventRepository& event_store;
    incident::WebhookRepository& webhooks;
    mitigation::MitigationService& mitigations;
    const mitigation::ProgramBook& programs;
    tenancy::TrafficRepository& traffic_store;
    const traffic::TrafficRecorder& traffic_now;
    const firewall::FirewallBoard& firewalls;
    const firewall::AttackerBoard& attackers;
    const explain::TableShelf& tables;
    system::PlatformHealth& health;
    const system::SpeakerHealth& speakers;
    system::AlarmBoard& alarms;
    const base::Clock& clock;
    base::Random& random;  // fit for keys
    base::Logger log;
    base::MetricRegistry& metrics;
    std::string version;  // of the software
    base::Timestamp started_at{};
};

}  // namespace sluice::api
