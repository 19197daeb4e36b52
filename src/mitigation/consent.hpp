// What a tenant has consented to for a target. The strictest of all that touch it counts: the longest of the
// tenant's prefixes that contain the target, and every one inside of it.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "base/result.hpp"
#include "mitigation/ports.hpp"
#include "model/consent.hpp"
#include "model/tenant.hpp"
#include "net/prefix.hpp"

namespace sluice::mitigation {

struct TargetConsent {
    net::Prefix prefix;  // whose consent decides
    model::ConsentMode mode = model::ConsentMode::off;
};

// Empty when the target is not wholly inside one of the tenant's prefixes.
[[nodiscard]] std::optional<TargetConsent> consent_for(std::span<const model::TenantPrefix> prefixes,
                                                       model::TenantId tenant, const net::Prefix& target);
// As the source says; a tenant that it does not know (any more) has no prefixes.
[[nodiscard]] base::Result<std::vector<model::TenantPrefix>> own_prefixes(const PrefixSource& source,
                                                                          model::TenantId tenant);
// off is stricter than ask, ask than auto.
[[nodiscard]] constexpr model::ConsentMode stricter(model::ConsentMode a, model::ConsentMode b) {
    return a < b ? a : b;
}

}  // namespace sluice::mitigation
