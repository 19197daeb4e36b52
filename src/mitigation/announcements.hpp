// Keeps the routers' routes equal to what is desired: mitigations in force × gateways that are able to take
// the traffic. Every route passes the Gate directly before it is announced.
//
// - A diversion points to a gateway that is healthy and has acknowledged the program with its target.
// - What the speaker refuses or cannot take is tried again with a growing delay, and alarms.
// - After each new session with the speaker its routes are listed, and the difference is repaired.
// - When nobody can say what a tenant consents to, nothing new is announced, and what stands stays until it
// expires.
// - In the first moments after a start, leftovers that a live mitigation still wants stay, until gateways
// have had
//   time to attach: a restarted controller does not interrupt a diversion.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/metrics.hpp"
#include "base/result.hpp"
#include "mitigation/announcer.hpp"
#include "mitigation/gateway_registry.hpp"
#include "mitigation/mitigation_service.hpp"
#include "mitigation/ports.hpp"

namespace sluice::mitigation {

struct AnnouncementsConfig {
    std::uint32_t retry_ms = 100;  // first delay; doubles
    std::uint32_t max_retry_ms = 5000;
    std::uint32_t start_grace_ms = 2000;
    std::uint32_t relist_ms = 30'000;  // the speaker's routes are compared with ours again this often
    std::uint32_t idle_ms = 1000;      // everything is looked at again this often at least
};
[[nodiscard]] base::Status validate(const AnnouncementsConfig& config);

struct AnnouncedRoute {
    model::MitigationId mitigation;
    model::Route route;
    base::Timestamp since{};
};

class Announcements {
  public:
    struct Dependencies {
        MitigationService& mitigations;
        GatewayRegistry& gateways;
        const PrefixSource& prefixes;
        Announcer& announcer;
        const base::Clock& clock;
        base::Logger log;
        base::MetricRegistry& metrics;
    };

    Announcements(AnnouncementsConfig config, const ServiceConfig& service, Dependencies dependencies);
    ~Announcements();  // stops

    // A thread that steps whenever something has changed or a deadline is reached.
    [[nodiscard]] base::Status start();
    // What is announced stays: a restart of the controller must not open the gates.
    void stop();

    // One pass, for callers that bring their own time (replay); returns when the next one is due at the
    // latest.
    base::Instant step();

    // Thread-safe.
    [[nodiscard]] std::vector<AnnouncedRoute> announced() const;

  private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::mitigation
