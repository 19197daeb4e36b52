// The differences of two policies as the audit log keeps them: policy's words for tenancy's port.
#pragma once

#include <vector>

#include "tenancy/policy_service.hpp"

namespace sluice::apps::controller {

// One for each tenant that changes; a line for each value.
[[nodiscard]] std::vector<tenancy::TenantChange> changes_in_words(
    const std::vector<model::TenantPolicy>& before, const std::vector<model::TenantPolicy>& after);

}  // namespace sluice::apps::controller
