// How a scope and a query's tenant become one condition on a tenant column: `(?1 OR tenant = ?2)`.
#pragma once

#include <cstdint>
#include <optional>

#include "model/tenant_scope.hpp"
#include "store/sqlite/connection.hpp"

namespace sluice::store::sqlite {

struct ScopeFilter {
    bool every_tenant = false;
    model::TenantId tenant;  // none, and so nothing, when the scope does not allow the one asked for

    static ScopeFilter of(const model::TenantScope& scope, std::optional<model::TenantId> asked) {
        if (asked)
            return {.every_tenant = false, .tenant = scope.allows(*asked) ? *asked : model::TenantId{}};
        return {.every_tenant = scope.is_provider(), .tenant = scope.tenant()};
    }

    // As parameters 1 and 2. Rows of the provider's own have tenant 0, which no tenant's filter matches.
    void bind(Statement& statement) const {
        statement.bind(1, static_cast<std::int64_t>(every_tenant));
        statement.bind(2, tenant.is_none() ? std::int64_t{-1} : static_cast<std::int64_t>(tenant.value()));
    }
};

}  // namespace sluice::store::sqlite
