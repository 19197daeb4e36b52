#include "api/tenants/tenant_names.hpp"

#include "tenancy/policy_board.hpp"

namespace sluice::api::tenants {

std::string name_of(const Services& services, model::TenantId id) {
    const auto state = services.board.current();
    const auto* tenant = state ? state->find(id) : nullptr;
    return tenant ? tenant->tenant.name : "removed " + id.to_string();
}

}  // namespace sluice::api::tenants
