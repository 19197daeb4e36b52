// Workers' counters → model::GatewayReport. Only totals are counted on the way; what went into and came out
// of each stage follows from them.
#pragma once

#include <span>

#include "dataplane/counters.hpp"
#include "dataplane/program.hpp"
#include "model/gateway_report.hpp"

namespace sluice::dataplane {

// Adds targets and unattributed drops to the report. Control thread; the workers go on counting meanwhile.
void add_counts(const Program& program, std::span<const WorkerCounts* const> workers,
                model::GatewayReport& report);

}  // namespace sluice::dataplane
