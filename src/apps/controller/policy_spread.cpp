#include "apps/controller/policy_spread.hpp"

#include "policy/resolver.hpp"

namespace sluice::apps::controller {

void PolicySpread::send_thresholds(const tenancy::PolicyState& state) {
    std::vector<model::DetectionPolicy> policies;
    policies.reserve(state.tenants.size());
    for (const auto& tenant : state.tenants)
        policies.push_back(policy::resolve_detection(*tenant, state.version));
    dependencies_.link.set_policies(std::move(policies), state.version);
    dependencies_.health.set_wanted(0, state.version);
}

void PolicySpread::start() {
    const auto state = dependencies_.board.current();
    for (const auto& tenant : state->tenants) {
        if (auto made = dependencies_.book.refresh(tenant->tenant.id); !made) {
            dependencies_.log.error("a tenant's program can not be made",
                                    {{"tenant", tenant->tenant.slug}, {"why", made.error().message()}});
        }
    }
    send_thresholds(*state);
    dependencies_.board.on_change(
        [this](const tenancy::PolicyState& now, const std::vector<model::TenantId>& changed) {
            on_change(now, changed);
        });
}

void PolicySpread::on_change(const tenancy::PolicyState& state, const std::vector<model::TenantId>& changed) {
    send_thresholds(state);
    for (const auto tenant : changed) {
        if (state.find(tenant) == nullptr) {
            dependencies_.mitigations.on_policy_changed(tenant);
            dependencies_.book.remove(tenant);
            continue;
        }
        if (auto made = dependencies_.book.refresh(tenant); !made) {
            dependencies_.log.error("a tenant's program can not be made",
                                    {{"tenant", tenant.to_string()}, {"why", made.error().message()}});
        }
        dependencies_.mitigations.on_policy_changed(tenant);
        model::Event event;
        event.at = dependencies_.clock.wall();
        event.kind = "policy.applied";
        event.tenant = tenant;
        event.text = "The tenant's policy has changed.";
        dependencies_.events.publish(std::move(event));
    }
}

}  // namespace sluice::apps::controller
