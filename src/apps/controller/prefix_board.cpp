#include "apps/controller/prefix_board.hpp"

#include <algorithm>

#include "policy/resolver.hpp"

namespace sluice::apps::controller {
namespace {

std::unexpected<base::Error> no_tenant(model::TenantId tenant) {
    return base::fail(base::ErrorCode::not_found, "there is no such tenant", tenant.to_string());
}

}  // namespace

base::Result<std::vector<model::TenantPrefix>> PrefixBoard::prefixes_of(model::TenantId tenant) const {
    const auto state = board_.current();
    const auto* known = state ? state->find(tenant) : nullptr;
    if (known == nullptr) return no_tenant(tenant);
    return known->prefixes;
}

std::uint64_t PrefixBoard::line_rate_bps(model::TenantId tenant, const net::Prefix& target) const {
    const auto state = board_.current();
    const auto* known = state ? state->find(tenant) : nullptr;
    if (known == nullptr) return 0;
    const auto home = std::ranges::find_if(
        known->prefixes, [&](const auto& prefix) { return prefix.prefix.contains(target); });
    if (home == known->prefixes.end()) return 0;
    const auto site = std::ranges::find(known->sites, home->site, &model::Site::id);
    return site == known->sites.end() ? 0 : site->line_rate_bps;
}

model::MitigationLimits PrefixBoard::limits_of(model::TenantId tenant) const {
    const auto state = board_.current();
    const auto* known = state ? state->find(tenant) : nullptr;
    return known != nullptr ? known->protection.limits : PrefixSource::limits_of(tenant);
}

std::optional<model::GuardLevel> PrefixBoard::guard_level_of(model::TenantId tenant) const {
    const auto state = board_.current();
    const auto* known = state ? state->find(tenant) : nullptr;
    return known != nullptr ? known->protection.profile.level : std::nullopt;
}

base::Result<model::TenantProgram> PolicyResolver::resolve(
    model::TenantId tenant, const std::vector<mitigation::DivertTarget>& targets) {
    const auto state = board_.current();
    const auto* known = state ? state->find(tenant) : nullptr;
    if (known == nullptr) return no_tenant(tenant);
    std::vector<policy::AttackedTarget> attacked;
    attacked.reserve(targets.size());
    for (const auto& target : targets) {
        attacked.push_back({target.prefix, target.mitigation, target.vectors, target.level, target.pinned,
                            target.watched, target.usual});
    }
    return policy::resolve_program(*known, attacked, clock_.wall());
}

}  // namespace sluice::apps::controller
