// Where the traffic that was counted goes, once a second.
#pragma once

#include "model/collector_report.hpp"

namespace sluice::detection {

class ReportSink {
  public:
    virtual ~ReportSink() = default;
    // Called by the detector's thread within a tick: must not block, must not call the detector back. `name`
    // is empty and `losses` holds only what detection itself lost: the application adds its own. A prefix's
    // traffic includes that of the narrower prefixes in it; a prefix without traffic is left out.
    virtual void take(const model::CollectorReport& report) = 0;
};

}  // namespace sluice::detection
