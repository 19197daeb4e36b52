// How much customers' firewalls are used: what gateways counted, over all of them and over their lives.
// Gateways tell what has moved, and everything in turn (docs/decisions/firewall-counters.md); here it is put
// together.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/clock.hpp"
#include "base/metrics.hpp"
#include "model/gateway_report.hpp"
#include "model/ids.hpp"

namespace sluice::api::firewall {

struct RuleUse {
    std::uint64_t hits = 0;
    base::Timestamp since{};  // counted since then
    std::optional<base::Timestamp> last_at;
};

struct FirewallUse {
    std::uint64_t gateways = 0;    // that report now and enforce it
    std::uint64_t flows_open = 0;  // now, at those
    std::uint64_t flows_opened = 0;
    std::uint64_t nat_ports = 0;
    std::map<std::string, RuleUse> rules;  // those that were told; also of an earlier policy
};

// Thread-safe. In memory: after a start it knows what gateways repeat within minutes; what they counted
// before a start of their own is then forgotten.
class FirewallBoard {
  public:
    struct Config {
        std::uint32_t gateway_silent_ms = 800;
        std::size_t max_gateways = 64;
        std::size_t max_tenants = 65'536;        // of a gateway
        std::size_t max_rules = 20'000;          // of a tenant at a gateway: two policies' worth
        std::uint32_t forget_after_s = 15 * 60;  // who is not repeated has no firewall there any more
    };

    FirewallBoard(Config config, const base::Clock& clock, base::MetricRegistry& metrics);

    void on_gateway_report(const model::GatewayReport& report);
    [[nodiscard]] FirewallUse of(model::TenantId tenant) const;

  private:
    struct Rule {
        std::uint64_t hits = 0;
        std::uint64_t earlier_lives = 0;
        base::Timestamp since{};
        base::Timestamp since_earlier{};  // in lives before this one; the epoch: it was not there
        base::Timestamp last_at{};
    };
    struct Tenant {
        base::Instant heard{};
        std::uint64_t flows_open = 0;
        std::uint64_t flows_opened = 0;
        std::uint64_t opened_in_earlier_lives = 0;
        std::uint64_t nat_ports = 0;
        std::unordered_map<std::string, Rule> rules;
    };
    struct Gateway {
        base::Timestamp started_at{};
        base::Instant seen{};
        base::Instant cleaned{};
        std::uint64_t flows_open = 0;
        std::unordered_map<model::TenantId, Tenant> tenants;
    };

    void take(Gateway& gateway, const model::FirewallCounters& told, base::Instant now);
    static void begin_anew(Gateway& gateway);
    void forget_silent(Gateway& gateway, base::Instant now) const;

    const Config config_;
    const base::Clock& clock_;
    base::MetricRegistry& metrics_;
    base::Counter& refused_;
    mutable std::mutex mutex_;
    std::map<std::string, Gateway> gateways_;
};

}  // namespace sluice::api::firewall
