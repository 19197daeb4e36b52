#include "apps/controller/policy_spread.hpp"

#include "policy/firewall_resolver.hpp"
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

void PolicySpread::make_program(const model::TenantState& tenant) {
    const auto now = dependencies_.clock.wall();
    if (auto made = dependencies_.book.refresh(tenant.tenant.id); !made) {
        dependencies_.log.error("a tenant's program can not be made",
                                {{"tenant", tenant.tenant.slug}, {"why", made.error().message()}});
    }
    const auto next = tenant.protection.firewall
                          ? policy::next_schedule_change(*tenant.protection.firewall, now)
                          : std::nullopt;
    const std::lock_guard lock(mutex_);
    if (next)
        schedule_changes_[tenant.tenant.id] = *next;
    else
        schedule_changes_.erase(tenant.tenant.id);
}

void PolicySpread::forget(model::TenantId tenant) {
    const std::lock_guard lock(mutex_);
    schedule_changes_.erase(tenant);
}

void PolicySpread::step() {
    const auto now = dependencies_.clock.wall();
    std::vector<model::TenantId> due;
    {
        const std::lock_guard lock(mutex_);
        for (const auto& [tenant, at] : schedule_changes_) {
            if (at <= now) due.push_back(tenant);
        }
    }
    if (due.empty()) return;
    const auto state = dependencies_.board.current();
    for (const auto tenant : due) {
        if (const auto* known = state->find(tenant)) make_program(*known);
    }
}

void PolicySpread::start() {
    const auto state = dependencies_.board.current();
    for (const auto& tenant : state->tenants) make_program(*tenant);
    send_thresholds(*state);
    dependencies_.board.on_change(
        [this](const tenancy::PolicyState& now, const std::vector<model::TenantId>& changed) {
            on_change(now, changed);
        });
}

void PolicySpread::on_change(const tenancy::PolicyState& state, const std::vector<model::TenantId>& changed) {
    send_thresholds(state);
    for (const auto tenant : changed) {
        const auto* known = state.find(tenant);
        if (known == nullptr) {
            forget(tenant);
            dependencies_.mitigations.on_policy_changed(tenant);
            dependencies_.book.remove(tenant);
            dependencies_.link.remove_bindings_of(tenant);
            continue;
        }
        make_program(*known);
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
