// The last check, directly in front of the announcer. It trusts nobody before it: not the planner, not the
// store, not a person. Nothing passes outside of the tenant's prefixes, without consent, without expiry or
// over a limit.
#pragma once

#include <cstdint>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "mitigation/mitigation_service.hpp"
#include "mitigation/ports.hpp"
#include "model/mitigation.hpp"

namespace sluice::mitigation {

// How many mitigations are announced beside the one in question.
struct AnnouncedCount {
    std::uint32_t of_tenant = 0;
    std::uint32_t total = 0;
};

class Gate {
  public:
    Gate(const ServiceConfig& config, const PrefixSource& prefixes) : config_(config), prefixes_(prefixes) {}

    // Errors: forbidden (prefix, consent, state, expiry, width), exhausted (limits), unavailable (nobody can
    // say now what the tenant consented to).
    [[nodiscard]] base::Status check(const model::Mitigation& mitigation, const model::Route& route,
                                     const AnnouncedCount& others, base::Timestamp now) const;

  private:
    [[nodiscard]] base::Status check_route(const model::Mitigation& mitigation,
                                           const model::Route& route) const;
    [[nodiscard]] base::Status check_consent(const model::Mitigation& mitigation) const;

    const ServiceConfig config_;
    const PrefixSource& prefixes_;
};

}  // namespace sluice::mitigation
