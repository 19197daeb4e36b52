// Which gateways are alive, where traffic for them is sent, and which programs they have in force. A
// gateway's report is its heartbeat.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "model/gateway_report.hpp"

namespace sluice::mitigation {

struct GatewayRegistryConfig {
    std::uint32_t silent_ms = 800;  // without a report for this long it is dead
    std::uint32_t hold_ms = 1000;   // one that died must be alive again this long before it gets traffic
    std::uint32_t max_gateways = 64;
};
[[nodiscard]] base::Status validate(const GatewayRegistryConfig& config);

struct GatewayStatus {
    std::string name;
    bool healthy = false;
    net::Address next_hop;
    net::Address next_hop6;
    std::uint64_t generation = 0;
    std::map<model::TenantId, model::RefusedProgram> refused;
    base::Timestamp started_at{};
    base::Timestamp last_report_at{};
};

// Thread-safe.
class GatewayRegistry {
  public:
    GatewayRegistry(GatewayRegistryConfig config, const base::Clock& clock);

    void on_report(const model::GatewayReport& report);
    // Its link broke. It counts as alive until it has been silent for too long: it may be back in a moment.
    void on_detached(const std::string& name);

    [[nodiscard]] std::vector<GatewayStatus> gateways() const;
    // The gateway for a tenant's target: of those that are healthy, speak the family and have the generation
    // of the tenant's program in force, the preferred one, or else the first by name.
    [[nodiscard]] std::optional<GatewayStatus> choose(net::Family family, model::TenantId tenant,
                                                      std::uint64_t generation,
                                                      const std::string& preferred) const;
    // When the next healthy gateway will have been silent for too long, or a returned one may be used.
    [[nodiscard]] std::optional<base::Instant> next_deadline() const;
    // Called, without a lock, when a gateway appeared, restarted, or acknowledged another generation.
    void on_change(std::function<void()> wake);

  private:
    struct Entry {
        GatewayStatus status;
        base::Instant last_report{};
        base::Instant usable_from{};  // after a death
        bool was_dead = false;
    };
    [[nodiscard]] bool healthy(const Entry& entry, base::Instant now) const;

    const GatewayRegistryConfig config_;
    const base::Clock& clock_;
    mutable std::mutex mutex_;
    std::map<std::string, Entry> entries_;
    std::function<void()> wake_;
};

}  // namespace sluice::mitigation
