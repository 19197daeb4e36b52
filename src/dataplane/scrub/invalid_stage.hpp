// Packets that no honest host sends: LAND, sources that can not exist, impossible flags, lengths, fragments,
// ports. Needs no state.
#pragma once

#include "dataplane/batch.hpp"
#include "dataplane/program.hpp"
#include "dataplane/scrub/bogons.hpp"

namespace sluice::dataplane::scrub {

// For targets whose profile asks for it.
void run_invalid_stage(const Program& program, const Bogons& bogons, Batch& batch);

// The first check that the packet fails; none for a valid one.
[[nodiscard]] model::DropReason find_invalid(const packet::Key& key, const Bogons& bogons);

}  // namespace sluice::dataplane::scrub
