// Traffic over time, for graphs: kept per prefix, per tenant and over all, in three resolutions. Rates, not
// accounts: what a crash takes is a gap of seconds in a graph.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "model/finding.hpp"
#include "model/ids.hpp"
#include "model/tenant_scope.hpp"
#include "net/prefix.hpp"

namespace sluice::tenancy {

struct TrafficColumns {
    model::TrafficRate inbound;  // at the provider's edge
    model::TrafficRate outbound;
    model::TrafficRate passed;  // by the gateways
    model::TrafficRate dropped;

    bool operator==(const TrafficColumns& other) const = default;
};

// One second of one tenant's prefix.
struct TrafficSecond {
    model::TenantId tenant;
    net::Prefix prefix;
    TrafficColumns columns;
};

struct TrafficQuery {
    std::optional<model::TenantId> tenant;  // empty: the sum of all in scope
    std::optional<net::Prefix> prefix;      // needs a tenant
    base::Timestamp from{};
    base::Timestamp to{};  // exclusive
    std::uint32_t resolution_s = 1;
    std::size_t max_points = 2000;
};

struct TrafficPointAt {
    std::int64_t at = 0;     // Unix seconds, the beginning
    TrafficColumns columns;  // mean over the point
};

struct TrafficSeries {
    std::int64_t from = 0;  // Unix seconds, rounded down to the resolution
    std::int64_t to = 0;
    std::uint32_t resolution_s = 1;      // may be coarser than asked for: what is kept, at most max_points
    std::vector<TrafficPointAt> points;  // by time; seconds without a report are missing
};

// Thread-safe.
class TrafficRepository {
  public:
    virtual ~TrafficRepository() = default;
    // All of one second, once. What is older than the newest second is refused (conflict), so that sums stay
    // true; callers collect a second before they write it.
    [[nodiscard]] virtual base::Status append(base::Timestamp second,
                                              const std::vector<TrafficSecond>& traffic) = 0;
    [[nodiscard]] virtual base::Result<TrafficSeries> query(const model::TenantScope& scope,
                                                            const TrafficQuery& query) = 0;
};

}  // namespace sluice::tenancy
