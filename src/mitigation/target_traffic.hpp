// The traffic of each diverted target a moment ago, over all gateways: made of the growth of the counters
// that gateways report.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "mitigation/guard_levels.hpp"
#include "model/gateway_report.hpp"
#include "model/ids.hpp"

namespace sluice::mitigation {

// Not thread-safe. Holds what was asked for by watch(), at most max_gateways of each.
class TargetTraffic {
  public:
    static constexpr std::size_t max_gateways = 64;
    static constexpr base::Duration window = std::chrono::milliseconds(500);
    static constexpr base::Duration silent_after = std::chrono::seconds(1);

    void watch(model::MitigationId id) { targets_.try_emplace(id); }
    void forget(model::MitigationId id) { targets_.erase(id); }
    void add(const model::GatewayReport& report, base::Instant now);
    // None: no gateway has reported twice within the last second.
    [[nodiscard]] std::optional<GuardedTraffic> of(model::MitigationId id, base::Instant now) const;

  private:
    struct Sample {
        base::Instant at;
        model::PacketCount in, passed, verified_in, verified_dropped;
    };
    struct Source {
        base::Timestamp started_at{};
        std::deque<Sample> samples;  // the first is older than the window, if there is one
    };
    using Sources = std::map<std::string, Source>;  // by gateway

    std::map<model::MitigationId, Sources> targets_;
};

}  // namespace sluice::mitigation
