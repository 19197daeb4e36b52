// The tenant's filters, static and dynamic, in their order: the first that matches decides. A dropping one
// ends the packet's way; a passing one excuses it from all later stages. Needs no state but the time.
#pragma once

#include "dataplane/batch.hpp"
#include "dataplane/program.hpp"

namespace sluice::dataplane::scrub {

void run_filter_stage(const Program& program, std::uint64_t now_ns, Batch& batch);

[[nodiscard]] bool matches(const CompiledFilter& filter, const packet::Key& key, std::uint64_t now_ns);

}  // namespace sluice::dataplane::scrub
