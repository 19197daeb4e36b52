// Whether what a firewall names is there: each unknown name is told at its own line, with the one that was
// most likely meant. Internal to policy/.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "policy/firewall_objects.hpp"
#include "policy/node.hpp"
#include "policy/problems.hpp"

namespace sluice::policy::detail {

// A text, or the items of a list: the places of names.
[[nodiscard]] std::vector<Node> names_in(const Node& node);

class NameChecks {
  public:
    NameChecks(FirewallObjects& objects, Problems& problems) : objects_(objects), problems_(problems) {}

    // Each true when all is known. "any" is taken where `any_allowed`.
    bool zones(const Node& names, bool any_allowed = true);
    bool addresses(const Node& names, bool any_allowed = true);
    bool services(const Node& names);
    bool users(const Node& names);
    bool schedules(const Node& names);

  private:
    void unknown(const Node& place, std::string_view what, const std::string& name,
                 const std::vector<std::string>& known, std::string_view where_to_define);

    FirewallObjects& objects_;
    Problems& problems_;
};

}  // namespace sluice::policy::detail
