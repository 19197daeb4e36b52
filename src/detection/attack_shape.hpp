// What an attack consists of: the classes that stand out against what is usual, as the vectors of a finding.
#pragma once

#include <vector>

#include "detection/meter.hpp"
#include "model/finding.hpp"

namespace sluice::detection {

// The classes that make up the excess over what is usual: each at least a tenth of it, in packets or bytes.
// When nothing is in excess (the attack has become usual), those that make up the traffic.
[[nodiscard]] ClassMask standing_out(const Rates& present, const Rates& usual);

// Strongest first, at most 8, with the present rates. A reflector's large answers come in fragments, which
// may outweigh the first pieces: then the reflection is named first, because it says what to do.
[[nodiscard]] std::vector<model::VectorShare> vectors_of(const Rates& present, const Rates& usual);

[[nodiscard]] model::TrafficRate to_model(Rate rate);

}  // namespace sluice::detection
