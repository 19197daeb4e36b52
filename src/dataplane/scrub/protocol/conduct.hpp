// How a source behaves towards one target whose protocols are checked.
//
// It is shut out for a minute when it has broken a protocol three times, and not before a second has passed
// in which nobody took an offence back: who receives a SYN-ACK that he never asked for answers it with a
// reset, which shows that the connection was somebody else's in his name (docs/decisions/protocol-stage.md).
#pragma once

#include <cstdint>

#include "dataplane/coarse_time.hpp"
#include "dataplane/meter/rate_limit.hpp"

namespace sluice::dataplane::scrub::protocol {

inline constexpr unsigned offences_allowed = 2;
inline constexpr std::uint32_t shut_out_s = 60;
inline constexpr CoarseTime appeal_time = 4;  // a second

// In a meter::BoundedTable.
struct Conduct {
    meter::RateState queries;
    meter::RateState requests;
    CoarseTime shut_from = 0;  // 0: it is not, and is not going to be
    CoarseTime last_seen = 0;
    std::uint16_t connections = 0;  // open ones, as far as they are followed
    std::uint16_t offences = 0;

    [[nodiscard]] bool precious(CoarseTime) const { return connections != 0 || shut_from != 0; }

    // Its packet is here. What is known of a minute ago is forgotten (meter/rate_limit.hpp).
    void touch(CoarseTime now) {
        if (now - last_seen > coarse_duration(meter::stale_after_s)) {
            queries = requests = {};
            if (shut_from == 0) offences = 0;
        }
        last_seen = now;
    }
    [[nodiscard]] bool is_shut_out(CoarseTime now) {
        if (shut_from == 0 || is_after(shut_from, now)) return false;
        if (now - shut_from <= coarse_duration(shut_out_s)) return true;
        shut_from = 0;
        offences = 0;
        return false;
    }
    void offend(CoarseTime now) {
        if (offences < 0xffff) ++offences;
        if (offences > offences_allowed && shut_from == 0) shut_from = now + appeal_time;
    }
    void take_back() {
        if (offences != 0) --offences;
        if (offences <= offences_allowed) shut_from = 0;
    }
    void close_one() {
        if (connections != 0) --connections;
    }
};

}  // namespace sluice::dataplane::scrub::protocol
