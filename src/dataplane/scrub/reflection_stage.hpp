// Answers that nobody asked for: UDP from the ports of services that attackers make answer to their victim,
// and, where the target asks for it, fragments (of a reflector's large answer only the first piece has
// ports). Needs no state.
#pragma once

#include "dataplane/batch.hpp"
#include "dataplane/program.hpp"

namespace sluice::dataplane::scrub {

void run_reflection_stage(const Program& program, Batch& batch);

}  // namespace sluice::dataplane::scrub
