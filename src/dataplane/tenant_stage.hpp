// The first two stages: read each packet's key, and find whose it is. Packets that do not parse, belong to
// nobody or have no hop left go no further.
#pragma once

#include "dataplane/batch.hpp"
#include "dataplane/program.hpp"

namespace sluice::dataplane {

// Parses every frame of the batch; those that parse are live afterwards.
void run_parse_stage(const Program& program, Batch& batch);
void run_tenant_stage(const Program& program, Batch& batch);

}  // namespace sluice::dataplane
