// Which address objects that go by country or reputation a rule names, itself or through groups.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "model/firewall_policy.hpp"

namespace sluice::api::firewall {

class AskingObjects {
  public:
    // Borrows the policy.
    explicit AskingObjects(const model::FirewallPolicy& policy);

    // In the policy's order.
    [[nodiscard]] std::vector<const model::AddressObject*> of(const model::RulePolicy& rule) const;

  private:
    const model::FirewallPolicy& policy_;
    std::map<std::string_view, std::set<std::size_t>> held_;  // by object or group: indices of addresses
};

}  // namespace sluice::api::firewall
