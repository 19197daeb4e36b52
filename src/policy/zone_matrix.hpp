// From which zone something gets to which, and by which rules: the first question about a firewall, answered
// from its rules alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "model/firewall_policy.hpp"

namespace sluice::policy {

struct ZonePair {
    enum class Verdict : std::uint8_t {
        denied,   // nothing gets through
        partly,   // what some rules allow
        allowed,  // everything gets through
    };
    std::string from;
    std::string to;
    Verdict verdict = Verdict::denied;
    // Denied: the rule that refuses all; allowed: the one that lets all through; partly: those that allow
    // something, in order. Empty where no rule says anything.
    std::vector<std::string> rules;
    std::vector<std::string> except;  // partly, and the rest is allowed: rules that refuse something before
};

// All pairs but the internet with itself; rows in the order of zones, the internet first. Of each pair at
// most `most` rules are named. Rules that are switched off do not count; those with addresses, services,
// users or hours are taken for a part of the traffic, whatever they name.
[[nodiscard]] std::vector<ZonePair> zone_matrix(const model::FirewallPolicy& policy, std::size_t most = 20);

}  // namespace sluice::policy
