// How far a connection's first request has come, of which each segment brings a piece.
#pragma once

#include <cstdint>

namespace sluice::dataplane::scrub::protocol {

enum class Progress : std::uint8_t {
    more,   // good so far
    whole,  // all of it was there; what follows is not looked at
    bad,    // it is none
};

}  // namespace sluice::dataplane::scrub::protocol
