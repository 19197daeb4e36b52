// What mitigation may do at most, whatever a detector, a policy or a person asks for.
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.hpp"
#include "model/consent.hpp"
#include "model/tenant_policy.hpp"

namespace sluice::mitigation {

struct Limits {
    std::uint32_t max_active_per_tenant = 256;  // active and cooling
    std::uint32_t max_active_total = 4096;
    std::uint8_t widest_divert_v4 = 24;  // prefix lengths: nothing wider is touched, by no kind
    std::uint8_t widest_divert_v6 = 48;
    std::uint32_t expiry_s = 900;         // of a new mitigation; renewed while its attack lasts
    std::uint32_t max_expiry_s = 86'400;  // how far ahead a person may set it
    std::uint32_t cooling_s = 10;         // stays in force this long after the attack's end
};
[[nodiscard]] base::Status validate(const Limits& limits);
// The platform's, and within them the tenant's own.
[[nodiscard]] Limits stricter(const Limits& platform, const model::MitigationLimits& tenant);

// Giving a target up (RFC 7999), only when it cannot be cleaned any more. A prefix' own consent still counts:
// the stricter of the two decides.
struct BlackholePolicy {
    model::ConsentMode mode = model::ConsentMode::off;
    // Crossing any of these that is set makes an attack one that cannot be cleaned.
    std::uint64_t gateway_bits_per_s = 0;                    // capacity of the gateways together; 0: not set
    std::uint64_t gateway_packets_per_s = 0;                 // 0: not set
    double line_rate_multiple = 0;                           // of the site's line rate, e.g. 10; 0: not set
    std::vector<std::uint32_t> communities = {0xffff029aU};  // 65535:666
};

// Rules on the provider's routers for reflection attacks, beside the diversion.
struct FlowSpecPolicy {
    bool enabled = false;
    double rate_limit_bytes_per_s = 0;  // 0: discard
    std::uint32_t max_rules_per_incident = 4;
};

}  // namespace sluice::mitigation
