// Which targets each tenant's program is to have, and which generation has them: from mitigations in force,
// and for a moment from those that were withdrawn, as packets for them are still on their way.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "mitigation/ports.hpp"
#include "model/mitigation.hpp"

namespace sluice::mitigation {

// Not thread-safe.
class TargetsOfTenants {
  public:
    TargetsOfTenants(ProgramPort& programs, std::uint32_t linger_ms)
        : programs_(programs), linger_(std::chrono::milliseconds(linger_ms)) {}

    // A mitigation that is in force, or was a moment ago.
    void add(const model::Mitigation& mitigation);
    void remove(const model::Mitigation& mitigation, base::Instant now);

    // Sends what has changed, and drops what has lingered long enough. True when a generation is new. The
    // first error; the rest is tried all the same, and what failed the next time again.
    base::Result<bool> send(base::Instant now);

    // The generation that has the mitigation's target; 0: none yet.
    [[nodiscard]] std::uint64_t generation(const model::Mitigation& mitigation) const;

  private:
    struct Entry {
        DivertTarget target;
        std::uint64_t generation = 0;
        bool leaving = false;
        base::Instant until{};
    };
    struct Tenant {
        std::map<model::MitigationId, Entry> entries;
        bool changed = false;
    };

    ProgramPort& programs_;
    const base::Duration linger_;
    std::map<model::TenantId, Tenant> tenants_;
};

}  // namespace sluice::mitigation
