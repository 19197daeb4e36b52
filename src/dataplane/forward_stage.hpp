// What the last stage does to a packet that goes on: one hop less, and the Ethernet header of the way out.
#pragma once

#include <array>
#include <cstdint>

#include "dataplane/batch.hpp"

namespace sluice::dataplane {

using Mac = std::array<std::uint8_t, 6>;

// The clean leg. Without `rewrite` the Ethernet header stays as it came (replay).
struct WayOut {
    bool rewrite = false;
    Mac source{};
    Mac next_hop4{};
    Mac next_hop6{};
    std::uint16_t vlan = 0;  // 0: untagged
};

// All packets whose verdict is pass.
void run_forward_stage(const WayOut& way, Batch& batch);

}  // namespace sluice::dataplane
