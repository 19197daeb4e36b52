// What a packet filter of a tenant may not ask for.
#pragma once

#include "base/result.hpp"
#include "model/tenant_program.hpp"

namespace sluice::dataplane {

// A destination outside the tenant's prefixes, a range that ends before it begins, what no packet could meet.
[[nodiscard]] base::Status check_filter(const model::TenantProgram& program,
                                        const model::PacketFilter& filter);

}  // namespace sluice::dataplane
