#include "mitigation/targets_of_tenants.hpp"

#include <algorithm>

namespace sluice::mitigation {

void TargetsOfTenants::add(const model::Mitigation& mitigation) {
    if (mitigation.kind != model::MitigationKind::divert) return;
    auto& tenant = tenants_[mitigation.tenant];
    const DivertTarget target{mitigation.target,      mitigation.id,           mitigation.vectors,
                              mitigation.guard.level, mitigation.guard.pinned, mitigation.guard.watched,
                              mitigation.usual};
    const auto [it, is_new] = tenant.entries.try_emplace(mitigation.id, Entry{target, 0, false, {}});
    it->second.leaving = false;
    if (!is_new && it->second.target == target) return;
    it->second.target = target;
    tenant.changed = true;
}

void TargetsOfTenants::remove(const model::Mitigation& mitigation, base::Instant now) {
    const auto tenant = tenants_.find(mitigation.tenant);
    if (tenant == tenants_.end()) return;
    const auto it = tenant->second.entries.find(mitigation.id);
    if (it == tenant->second.entries.end() || it->second.leaving) return;
    it->second.leaving = true;
    it->second.until = now + linger_;
}

base::Result<bool> TargetsOfTenants::send(base::Instant now) {
    base::Status status;
    bool any = false;
    for (auto& [id, tenant] : tenants_) {
        tenant.changed |= std::erase_if(tenant.entries, [&](const auto& item) {
                              return item.second.leaving && item.second.until <= now;
                          }) > 0;
        if (!tenant.changed) continue;
        std::vector<DivertTarget> targets;
        for (const auto& [mitigation, entry] : tenant.entries) targets.push_back(entry.target);
        // Of two mitigations for one prefix the older one counts: a gateway knows one target a prefix.
        std::ranges::stable_sort(targets, {}, &DivertTarget::prefix);
        const auto same = std::ranges::unique(targets, {}, &DivertTarget::prefix);
        targets.erase(same.begin(), same.end());
        const auto generation = programs_.set_targets(id, targets);
        if (!generation && generation.error().code == base::ErrorCode::not_found) {
            tenant.changed = false;  // the tenant is gone, and so is its program
            continue;
        }
        if (!generation) {
            if (status) status = std::unexpected(generation.error());
            continue;
        }
        tenant.changed = false;
        any = true;
        for (auto& [mitigation, entry] : tenant.entries) {
            // A target that was there before keeps its older generation: its diversion does not wait again.
            if (entry.generation == 0) entry.generation = *generation;
        }
    }
    std::erase_if(tenants_,
                  [](const auto& item) { return item.second.entries.empty() && !item.second.changed; });
    if (!status) return std::unexpected(status.error());
    return any;
}

std::uint64_t TargetsOfTenants::generation(const model::Mitigation& mitigation) const {
    const auto tenant = tenants_.find(mitigation.tenant);
    if (tenant == tenants_.end()) return 0;
    const auto it = tenant->second.entries.find(mitigation.id);
    return it == tenant->second.entries.end() ? 0 : it->second.generation;
}

}  // namespace sluice::mitigation
