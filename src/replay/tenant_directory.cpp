#include "replay/tenant_directory.hpp"

#include "policy/resolver.hpp"

namespace sluice::replay {

TenantDirectory::TenantDirectory(const std::vector<model::TenantPolicy>& policies, base::Timestamp at)
    : at_(at) {
    for (const auto& policy : policies) {
        tenants_.push_back(policy::state_of(model::TenantId(tenants_.size() + 1), policy));
    }
}

std::vector<model::DetectionPolicy> TenantDirectory::detection_policies() const {
    std::vector<model::DetectionPolicy> policies;
    for (const auto& tenant : tenants_) policies.push_back(policy::resolve_detection(tenant, 1));
    return policies;
}

const model::TenantState* TenantDirectory::find(model::TenantId tenant) const {
    for (const auto& state : tenants_) {
        if (state.tenant.id == tenant) return &state;
    }
    return nullptr;
}

base::Result<std::vector<model::TenantPrefix>> TenantDirectory::prefixes_of(model::TenantId tenant) const {
    const model::TenantState* state = find(tenant);
    if (state == nullptr)
        return base::fail(base::ErrorCode::not_found, "there is no such tenant", tenant.to_string());
    return state->prefixes;
}

std::uint64_t TenantDirectory::line_rate_bps(model::TenantId tenant, const net::Prefix& target) const {
    const model::TenantState* state = find(tenant);
    if (state == nullptr) return 0;
    for (const auto& prefix : state->prefixes) {
        if (!prefix.prefix.contains(target)) continue;
        for (const auto& site : state->sites) {
            if (site.id == prefix.site && !site.id.is_none()) return site.line_rate_bps;
        }
    }
    return 0;
}

model::MitigationLimits TenantDirectory::limits_of(model::TenantId tenant) const {
    const model::TenantState* state = find(tenant);
    return state != nullptr ? state->protection.limits : PrefixSource::limits_of(tenant);
}

std::optional<model::GuardLevel> TenantDirectory::guard_level_of(model::TenantId tenant) const {
    const model::TenantState* state = find(tenant);
    return state != nullptr ? state->protection.profile.level : std::nullopt;
}

base::Result<model::TenantProgram> TenantDirectory::resolve(
    model::TenantId tenant, const std::vector<mitigation::DivertTarget>& targets) {
    const model::TenantState* state = find(tenant);
    if (state == nullptr)
        return base::fail(base::ErrorCode::not_found, "there is no such tenant", tenant.to_string());
    std::vector<policy::AttackedTarget> attacked;
    for (const auto& target : targets) {
        attacked.push_back({target.prefix, target.mitigation, target.vectors, target.level, target.pinned,
                            target.watched, target.usual});
    }
    return policy::resolve_program(*state, attacked, at_);
}

}  // namespace sluice::replay
