// Where findings go: the controller link in a collector, the planner in a replay, a list in a test.
#pragma once

#include "model/finding.hpp"

namespace sluice::detection {

class FindingSink {
  public:
    virtual ~FindingSink() = default;
    // Called by the detector's thread within a tick: must not block, must not call the detector back. The
    // same key comes once as opened, any number of times as updated, and once as closed.
    virtual void take(const model::Finding& finding) = 0;
};

}  // namespace sluice::detection
