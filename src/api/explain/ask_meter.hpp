// How often a tenant may be asked about: an explanation costs the controller milliseconds to seconds.
// Thread-safe.
#pragma once

#include <algorithm>
#include <chrono>
#include <map>
#include <mutex>

#include "base/clock.hpp"
#include "model/ids.hpp"

namespace sluice::api::explain {

class AskMeter {
  public:
    static constexpr double per_s = 2.0;
    static constexpr double burst = 20.0;

    explicit AskMeter(const base::Clock& clock) : clock_(clock) {}

    // False: too often. Only tenants that exist are asked about, so the table stays small.
    [[nodiscard]] bool take(model::TenantId tenant) {
        const auto now = clock_.wall();
        const std::lock_guard lock(mutex_);
        const auto [entry, fresh] = buckets_.try_emplace(tenant, Bucket{burst, now});
        Bucket& bucket = entry->second;
        const std::chrono::duration<double> passed = std::max(base::Duration{}, now - bucket.at);
        bucket.left = std::min(burst, bucket.left + passed.count() * per_s);
        bucket.at = now;
        if (bucket.left < 1.0) return false;
        bucket.left -= 1.0;
        return true;
    }

  private:
    struct Bucket {
        double left;
        base::Timestamp at;
    };
    const base::Clock& clock_;
    std::mutex mutex_;
    std::map<model::TenantId, Bucket> buckets_;
};

}  // namespace sluice::api::explain
