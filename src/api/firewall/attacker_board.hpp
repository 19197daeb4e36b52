// Which hosts of customers attack others now, by what all gateways say; and an event when one begins or ends.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/metrics.hpp"
#include "incident/event_sink.hpp"
#include "model/gateway_report.hpp"
#include "model/ids.hpp"

namespace sluice::api::firewall {

// Thread-safe. In memory: after a start it knows what gateways say with their next report.
class AttackerBoard {
  public:
    struct Config {
        std::uint32_t gateway_silent_ms = 800;
        std::size_t max_gateways = 64;
        std::size_t max_attackers = 4'096;       // of a gateway
        std::uint32_t max_events_a_minute = 20;  // of a tenant; more hosts are only listed
    };
    struct Dependencies {
        incident::EventSink& events;
        const base::Clock& clock;
        base::MetricRegistry& metrics;
    };

    AttackerBoard(Config config, Dependencies dependencies);

    void on_gateway_report(const model::GatewayReport& report);
    // By gateways that report now; the one that was seen last comes first.
    [[nodiscard]] std::vector<model::OutboundAttacker> of(model::TenantId tenant) const;
    // Of all tenants: for the provider's staff.
    [[nodiscard]] std::vector<model::OutboundAttacker> all() const;

  private:
    using Host = std::pair<model::TenantId, net::Address>;
    struct Gateway {
        base::Instant seen{};
        std::map<Host, model::OutboundAttacker> attackers;
    };
    struct Told {
        model::OutboundAttacker last;
        base::Instant seen{};
        bool was_told = false;
    };
    struct Minute {
        std::int64_t number = 0;
        std::uint32_t events = 0;
    };

    [[nodiscard]] std::vector<model::OutboundAttacker> listed(const model::TenantId* only) const;
    [[nodiscard]] bool may_tell(model::TenantId tenant);
    void begin(const model::OutboundAttacker& attacker, Told& told);
    void end_absent(base::Instant now);
    void publish(const model::OutboundAttacker& attacker, const char* kind, std::string text);

    const Config config_;
    Dependencies dependencies_;
    base::Counter& refused_;
    mutable std::mutex mutex_;
    std::map<std::string, Gateway> gateways_;
    std::map<Host, Told> told_;
    std::map<model::TenantId, Minute> minutes_;
};

// "10.1.0.7 attacks others: it tries many computers on the internet, and hardly any answers. …"
[[nodiscard]] std::string sentence_of(const model::OutboundAttacker& attacker);

}  // namespace sluice::api::firewall
