// How a target is scrubbed: model::ScrubProfile (as the policy means it) → Profile (as the stages read it).
#pragma once

#include <cstdint>

#include "base/result.hpp"
#include "dataplane/program.hpp"
#include "model/tenant_program.hpp"

namespace sluice::dataplane {

// A target outside the tenant's prefixes, vectors that are no reflection, proofs that do not live.
[[nodiscard]] base::Status check_target(const model::TenantProgram& program,
                                        const model::ScrubTarget& target);

// `both_ways`: the answers of the targets pass the gateway, too. `workers` share what is limited for all
// senders together.
[[nodiscard]] Profile compile_profile(const model::ScrubTarget& target, bool both_ways,
                                      std::uint32_t workers);

// Whether the payloads of what comes to any of the tenant's targets are looked at.
[[nodiscard]] bool checks_payloads(const model::TenantProgram& program);

}  // namespace sluice::dataplane
