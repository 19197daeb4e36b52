// A tenant's committed rates, of both directions between him and the internet.
#pragma once

#include <cstddef>

#include "dataplane/stage.hpp"

namespace sluice::dataplane::passage {

// Takes the packet off the rate; `none`, or the reason by which it has to be dropped.
[[nodiscard]] model::DropReason over_committed_rate(const Context& context, std::size_t i,
                                                    const flow::Found& found);

}  // namespace sluice::dataplane::passage
