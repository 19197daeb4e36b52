#include "mitigation/consent.hpp"

namespace sluice::mitigation {

std::optional<TargetConsent> consent_for(std::span<const model::TenantPrefix> prefixes,
                                         model::TenantId tenant, const net::Prefix& target) {
    static_assert(model::ConsentMode::off < model::ConsentMode::ask &&
                  model::ConsentMode::ask < model::ConsentMode::automatic);
    std::optional<TargetConsent> answer;
    for (const auto& own : prefixes) {
        // Both families share 128 bits: ::/0 must not own an IPv4 address.
        if (own.tenant != tenant || own.prefix.is_v4() != target.is_v4()) continue;
        if (!own.prefix.contains(target)) continue;
        if (!answer || own.prefix.bits() > answer->prefix.bits()) answer = {own.prefix, own.consent};
    }
    if (!answer) return std::nullopt;
    for (const auto& own : prefixes) {
        if (own.tenant != tenant || !target.contains(own.prefix)) continue;
        if (own.consent < answer->mode) answer = {own.prefix, own.consent};
    }
    return answer;
}

base::Result<std::vector<model::TenantPrefix>> own_prefixes(const PrefixSource& source,
                                                            model::TenantId tenant) {
    auto prefixes = source.prefixes_of(tenant);
    if (!prefixes && prefixes.error().code == base::ErrorCode::not_found)
        return std::vector<model::TenantPrefix>{};
    return prefixes;
}

}  // namespace sluice::mitigation
