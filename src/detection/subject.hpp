// What can be under attack, or attack: a host, a prefix or a tenant, in one direction.
#pragma once

#include <compare>
#include <cstdint>

#include "model/detection_policy.hpp"

namespace sluice::detection {

struct Subject {
    model::CountScope scope = model::CountScope::host;
    model::TrafficDirection direction = model::TrafficDirection::inbound;
    std::uint32_t index =
        0;  // of the host in the HostBook, of the target or the tenant in the CompiledPolicy

    auto operator<=>(const Subject&) const = default;
};

}  // namespace sluice::detection
