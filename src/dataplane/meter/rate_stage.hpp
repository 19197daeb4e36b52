// Limits of each source, and of fragments, ICMP, UDP and everything to a destination address. A packet that
// one limit refuses counts for none of the later ones.
#pragma once

#include "dataplane/batch.hpp"
#include "dataplane/program.hpp"
#include "dataplane/worker_state.hpp"

namespace sluice::dataplane::meter {

void run_rate_stage(const Program& program, WorkerState& state, Batch& batch);

}  // namespace sluice::dataplane::meter
