// What a Trace says, in words: the stages that the packet met, in their order, and the verdict.
#pragma once

#include "dataplane/explain/explanation.hpp"
#include "dataplane/explain/tracer.hpp"
#include "model/tenant_program.hpp"

namespace sluice::dataplane::explain {

// All but `packet`, `from` and `changes`.
[[nodiscard]] Explanation write_path(const model::TenantProgram& program, const Sent& packet,
                                     const Trace& trace);

// "internet", or the network's name.
[[nodiscard]] std::string network_name(const model::TenantProgram& program, attach::NetworkIndex network);
// Its zone's name.
[[nodiscard]] std::string zone_name(const model::TenantProgram& program, attach::NetworkIndex network);
// The diverted target that an address belongs to; nullptr: none.
[[nodiscard]] const model::ScrubTarget* target_of(const model::TenantProgram& program,
                                                  const net::Address& address);

}  // namespace sluice::dataplane::explain
