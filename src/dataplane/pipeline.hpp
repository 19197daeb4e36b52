// The stages in their order, on one batch. What is cheap and needs no state comes first; a source is verified
// before anything is remembered of it.
#pragma once

#include "dataplane/batch.hpp"
#include "dataplane/program.hpp"
#include "dataplane/scrub/bogons.hpp"
#include "dataplane/topology.hpp"
#include "dataplane/worker_state.hpp"

namespace sluice::dataplane {

// Judges every frame of the batch, which came from the internet by this leg; passed ones are ready to go out,
// answers lie in their questions' frames.
void run_pipeline(const Program& program, const scrub::Bogons& bogons, const Topology& topology,
                  LegIndex ingress, WorkerState& state, Batch& batch);

// Counts the batch, when it is known what could be sent.
void count_batch(WorkerState& state, const Batch& batch);

}  // namespace sluice::dataplane
