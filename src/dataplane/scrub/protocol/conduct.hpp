// How a source behaves towards one target whose protocols are checked.
#pragma once

#include "dataplane/coarse_time.hpp"
#include "dataplane/meter/rate_limit.hpp"

namespace sluice::dataplane::scrub::protocol {

// In a meter::BoundedTable.
struct Conduct {
    meter::RateState queries;
    CoarseTime last_seen = 0;

    [[nodiscard]] bool precious(CoarseTime) const { return false; }

    // Now; what its meters say is forgotten after a minute without a packet (meter/rate_limit.hpp).
    void touch(CoarseTime now) {
        if (now - last_seen > coarse_duration(meter::stale_after_s)) queries = {};
        last_seen = now;
    }
};

}  // namespace sluice::dataplane::scrub::protocol
