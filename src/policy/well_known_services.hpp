// The services that every tenant can name without defining them. Ports as IANA registered them.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "model/firewall.hpp"

namespace sluice::policy {

struct WellKnownService {
    std::string_view name;
    std::string_view matches;  // as policy files write them, apart by blanks
};

[[nodiscard]] std::span<const WellKnownService> well_known_services();
// Empty when there is none of this name.
[[nodiscard]] std::vector<model::ServiceMatch> find_well_known_service(std::string_view name);

}  // namespace sluice::policy
