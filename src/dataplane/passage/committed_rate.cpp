#include "dataplane/passage/committed_rate.hpp"

namespace sluice::dataplane::passage {
namespace {

// The tenant's rate is that of all his flows, whichever workers own them.
bool within_shared_rate(const Context& context, std::size_t i, const meter::RateLimit& limit, bool inbound) {
    WorkerState& state = context.state;
    SharedTenant& tenant = state.shared->tenants[context.batch.firewall.paths[i]->index];
    const CoarseTime seen = tenant.last_seen.load(std::memory_order_relaxed);
    if (seen != state.now_coarse) {
        if (static_cast<std::int32_t>(state.now_coarse - seen) >
            static_cast<std::int32_t>(coarse_duration(meter::stale_after_s))) {
            tenant.inbound.store(0, std::memory_order_relaxed);
            tenant.outbound.store(0, std::memory_order_relaxed);
        }
        tenant.last_seen.store(state.now_coarse, std::memory_order_relaxed);
    }
    return SharedTenant::take(limit, inbound ? tenant.inbound : tenant.outbound, state.now_ticks,
                              context.batch.keys[i].l3_length, state.dither + static_cast<std::uint32_t>(i));
}

bool within_own_rate(const Context& context, std::size_t i, const meter::RateLimit& limit, bool inbound) {
    WorkerState& state = context.state;
    TenantMeters& meters = state.tenant_meters[context.batch.firewall.paths[i]->index];
    if (state.now_coarse - meters.last_seen > coarse_duration(meter::stale_after_s)) meters = {};
    meters.last_seen = state.now_coarse;
    return limit.take(inbound ? meters.inbound : meters.outbound, state.now_ticks,
                      context.batch.keys[i].l3_length, state.dither + static_cast<std::uint32_t>(i));
}

}  // namespace

model::DropReason over_committed_rate(const Context& context, std::size_t i, const flow::Found& found) {
    const FirewallBatch& firewall = context.batch.firewall;
    const TenantPath& path = *firewall.paths[i];
    const bool inbound = firewall.networks[i] == attach::internet;
    const bool outbound = found.flow->egress[flow::index(found.direction)] == attach::internet;
    const bool limited = inbound ? path.limits_inbound : outbound && path.limits_outbound;
    if (!limited) return model::DropReason::none;
    const meter::RateLimit& limit = inbound ? path.inbound : path.outbound_rate;
    const bool within = context.state.shared != nullptr ? within_shared_rate(context, i, limit, inbound)
                                                        : within_own_rate(context, i, limit, inbound);
    if (within) return model::DropReason::none;
    return inbound ? model::DropReason::inbound_rate : model::DropReason::outbound_rate;
}

}  // namespace sluice::dataplane::passage
