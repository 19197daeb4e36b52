// What applying a policy would change, for a person to read before it happens.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/tenant_policy.hpp"

namespace sluice::policy {

struct PolicyChange {
    enum class Action : std::uint8_t { add, change, remove };
    Action action = Action::change;
    std::string tenant_slug;
    std::string path;                   // "prefixes/192.0.2.0/24/consent"; "tenant" for the whole one
    std::optional<std::string> before;  // empty when added
    std::optional<std::string> after;   // empty when removed
    std::string words;                  // what that means, where more can be said than both texts

    bool operator==(const PolicyChange&) const = default;
};

// From `before` (what is in force, everything given) to `after`; what `after` leaves open does not change.
// By slug, then in the order of a tenant's document.
[[nodiscard]] std::vector<PolicyChange> diff(const std::vector<model::TenantPolicy>& before,
                                             const std::vector<model::TenantPolicy>& after);

// "acme: prefixes/192.0.2.0/24/consent changes from ask to auto", "acme: rule 'web-in' now also allows tcp
// 8443 from internet to dmz"
[[nodiscard]] std::string sentence(const PolicyChange& change);

}  // namespace sluice::policy
