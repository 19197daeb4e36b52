// Steps that every service of tenancy takes: the role, the transaction, the audit entry, the board. Internal
// to tenancy/.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "tenancy/audit_log.hpp"
#include "tenancy/caller.hpp"
#include "tenancy/policy_board.hpp"
#include "tenancy/repositories.hpp"
#include "tenancy/unit_of_work.hpp"

namespace sluice::tenancy {

[[nodiscard]] inline base::Status only(const Caller& caller, std::initializer_list<model::Role> roles) {
    if (std::find(roles.begin(), roles.end(), caller.role) != roles.end()) return {};
    return base::fail(base::ErrorCode::forbidden,
                      fmt::format("the role {} may not do this", model::to_string(caller.role)), {},
                      "ask an administrator");
}

[[nodiscard]] inline std::unexpected<base::Error> too_many(std::string_view what, std::size_t limit) {
    return base::fail(base::ErrorCode::exhausted, fmt::format("there are {} {} already", limit, what), {},
                      "remove one first, or raise the limit");
}

// The last step of a change: its entry in the audit log. Gives the tenant that was changed.
[[nodiscard]] inline base::Result<model::TenantId> audited(Transaction& transaction, const Caller& caller,
                                                           const base::Clock& clock, AuditedAction action) {
    const model::TenantId tenant = action.tenant;
    if (const auto status = AuditLog::append(transaction, caller, clock.wall(), std::move(action)); !status)
        return std::unexpected(status.error());
    return tenant;
}

template <class T, class Work>
[[nodiscard]] base::Result<T> read_one(UnitOfWork& store, const Work& work) {
    T value{};
    const auto status = store.read([&](Transaction& transaction) -> base::Status {
        auto found = work(transaction);
        if (!found) return std::unexpected(std::move(found.error()));
        value = std::move(*found);
        return {};
    });
    if (!status) return std::unexpected(status.error());
    return value;
}

// A change of one tenant that collectors and gateways are told of. work(transaction, result) gives the
// tenant.
template <class T, class Dependencies, class Work>
[[nodiscard]] base::Result<T> change_tenants(const Dependencies& dependencies, const Work& work) {
    T result{};
    model::TenantId changed;
    const auto status = dependencies.store.write([&](Transaction& transaction) -> base::Status {
        const base::Result<model::TenantId> tenant = work(transaction, result);
        if (!tenant) return std::unexpected(tenant.error());
        changed = *tenant;
        const auto version = transaction.protections().next_version();
        if (!version) return std::unexpected(version.error());
        return {};
    });
    if (!status) return std::unexpected(status.error());
    if (const auto refreshed = dependencies.board.refresh({changed}); !refreshed)
        return std::unexpected(refreshed.error());
    return result;
}

template <class T>
[[nodiscard]] base::Status without_result(const base::Result<T>& result) {
    if (!result) return std::unexpected(result.error());
    return {};
}

}  // namespace sluice::tenancy
