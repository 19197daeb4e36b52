// What few filters ask of a packet besides its key: bytes of its payload, and what the operator's tables say
// of its source. Apart from the filters' own stage: a call, the payload's cache line, a look-up.
#pragma once

#include "dataplane/program.hpp"
#include "packet/frame.hpp"
#include "packet/key.hpp"

namespace sluice::dataplane::scrub {

// Where the payload begins, from the frame's first byte on; its end when there is none (a later piece, a
// header that is cut).
[[nodiscard]] std::size_t payload_begin(const packet::Key& key, const packet::Frame& frame);

[[nodiscard]] bool meets(const Program& program, const FilterCondition& condition, const packet::Key& key,
                         const packet::Frame& frame);

}  // namespace sluice::dataplane::scrub
