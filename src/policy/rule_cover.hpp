// Rules that can never match, because one earlier rule takes everything that they would. Only a single rule's
// cover is told: that several together cover a later one is not found.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "model/firewall.hpp"

namespace sluice::policy {

// Whether every packet that `later` matches is matched by `earlier`.
[[nodiscard]] bool covers(const model::FirewallRule& earlier, const model::FirewallRule& later);

struct CoveredRule {
    std::size_t rule = 0;
    std::size_t by = 0;  // the first one that covers it
};
// Prefix lists must be as the resolver makes them: in order, none that contains another.
[[nodiscard]] std::vector<CoveredRule> covered_rules(std::span<const model::FirewallRule> rules);

}  // namespace sluice::policy
