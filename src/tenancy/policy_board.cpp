#include "tenancy/policy_board.hpp"

#include <algorithm>
#include <limits>

#include "tenancy/repositories.hpp"

namespace sluice::tenancy {

using model::TenantId;
using model::TenantState;

namespace {

constexpr std::size_t everything = std::numeric_limits<std::int32_t>::max();
using States = std::vector<std::shared_ptr<const TenantState>>;

base::Status load_tenant(Transaction& transaction, const model::Tenant& tenant, States& states) {
    const auto scope = model::TenantScope::provider();
    auto state = std::make_shared<TenantState>();
    state->tenant = tenant;
    auto sites = transaction.sites().list(scope, tenant.id, {}, everything);
    if (!sites) return std::unexpected(sites.error());
    state->sites = std::move(*sites);
    auto prefixes = transaction.prefixes().list(scope, tenant.id, std::nullopt, everything);
    if (!prefixes) return std::unexpected(prefixes.error());
    state->prefixes = std::move(*prefixes);
    auto protection = transaction.protections().find(scope, tenant.id);
    if (!protection) return std::unexpected(protection.error());
    state->protection = std::move(*protection);
    states.push_back(std::move(state));
    return {};
}

base::Status load_all(Transaction& transaction, States& states) {
    const auto tenants = transaction.tenants().list(model::TenantScope::provider(), {}, everything);
    if (!tenants) return std::unexpected(tenants.error());
    for (const auto& tenant : *tenants) {
        if (const auto status = load_tenant(transaction, tenant, states); !status) return status;
    }
    return {};
}

base::Status load_changed(Transaction& transaction, const PolicyState& old,
                          const std::vector<TenantId>& changed, States& states) {
    for (const auto& state : old.tenants) {
        if (std::find(changed.begin(), changed.end(), state->tenant.id) == changed.end())
            states.push_back(state);
    }
    for (const TenantId id : changed) {
        const auto tenant = transaction.tenants().find(model::TenantScope::provider(), id);
        if (!tenant && tenant.error().code == base::ErrorCode::not_found) continue;  // removed
        if (!tenant) return std::unexpected(tenant.error());
        if (const auto status = load_tenant(transaction, *tenant, states); !status) return status;
    }
    return {};
}

void finish(PolicyState& state) {
    std::sort(state.tenants.begin(), state.tenants.end(),
              [](const auto& a, const auto& b) { return a->tenant.id < b->tenant.id; });
    for (const auto& tenant : state.tenants) {
        for (const auto& prefix : tenant->prefixes) state.by_prefix.emplace_back(prefix.prefix, tenant.get());
    }
    std::sort(state.by_prefix.begin(), state.by_prefix.end(),
              [](const auto& a, const auto& b) { return a.first < b.first; });
}

}  // namespace

const TenantState* PolicyState::find(TenantId id) const {
    const auto at =
        std::lower_bound(tenants.begin(), tenants.end(), id,
                         [](const auto& state, TenantId wanted) { return state->tenant.id < wanted; });
    return at != tenants.end() && (*at)->tenant.id == id ? at->get() : nullptr;
}

// Prefixes do not overlap, so only the last one that begins before can contain another.
const TenantState* PolicyState::owner(const net::Prefix& prefix) const {
    auto at = std::upper_bound(by_prefix.begin(), by_prefix.end(), prefix,
                               [](const net::Prefix& wanted, const auto& row) { return wanted < row.first; });
    if (at == by_prefix.begin()) return nullptr;
    --at;
    return at->first.is_v4() == prefix.is_v4() && at->first.contains(prefix) ? at->second : nullptr;
}

std::uint64_t PolicyState::line_rate_bps(const TenantState& tenant, const net::Prefix& prefix) {
    for (const auto& own : tenant.prefixes) {
        if (own.prefix.is_v4() != prefix.is_v4() || !own.prefix.contains(prefix)) continue;
        for (const auto& site : tenant.sites) {
            if (site.id == own.site) return site.line_rate_bps;
        }
    }
    return 0;
}

PolicyBoard::PolicyBoard(UnitOfWork& store) : store_(store) {}

std::shared_ptr<const PolicyState> PolicyBoard::current() const {
    const std::lock_guard lock(mutex_);
    return state_;
}

void PolicyBoard::on_change(Listener listener) {
    const std::lock_guard lock(refresh_mutex_);
    listeners_.push_back(std::move(listener));
}

base::Status PolicyBoard::load() {
    return replace([](Transaction& transaction, const PolicyState&,
                      States& states) { return load_all(transaction, states); },
                   {});
}

base::Status PolicyBoard::refresh(const std::vector<TenantId>& changed) {
    return replace(
        [&](Transaction& transaction, const PolicyState& old, States& states) {
            return stale_ ? load_all(transaction, states) : load_changed(transaction, old, changed, states);
        },
        changed);
}

base::Status PolicyBoard::replace(const Loader& loader, const std::vector<TenantId>& changed) {
    // One after the other: a later change never shows before an earlier one.
    const std::lock_guard order(refresh_mutex_);
    auto next = std::make_shared<PolicyState>();
    const auto status = store_.read([&](Transaction& transaction) -> base::Status {
        const auto version = transaction.protections().version();
        if (!version) return std::unexpected(version.error());
        next->version = *version;
        return loader(transaction, *current(), next->tenants);
    });
    stale_ = !status.has_value();
    if (!status) return status;
    finish(*next);
    {
        const std::lock_guard lock(mutex_);
        state_ = next;
    }
    for (const auto& listener : listeners_) listener(*next, changed);
    return {};
}

}  // namespace sluice::tenancy
