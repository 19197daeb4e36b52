// One rule of a firewall policy at a time → as a gateway has it. Internal to policy/: the checks use it as
// well, to compare rules by what they match.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "model/firewall.hpp"
#include "model/firewall_policy.hpp"
#include "policy/firewall_objects.hpp"

namespace sluice::policy::detail {

class RuleResolver {
  public:
    RuleResolver(const model::FirewallPolicy& policy, std::chrono::seconds utc_offset)
        : objects_(policy), utc_offset_(utc_offset) {}

    [[nodiscard]] FirewallObjects& objects() { return objects_; }

    // exhausted: the rules so far hold more than FirewallLimits allows, written out.
    [[nodiscard]] base::Result<model::FirewallRule> rule(const model::RulePolicy& rule);
    // One for each service of a port forward, else one.
    [[nodiscard]] base::Result<std::vector<model::NatRule>> nat(const model::NatPolicy& nat);

  private:
    base::Result<std::vector<model::ZoneIndex>> zones(const std::vector<std::string>& names) const;
    base::Result<Addresses> addresses(const std::vector<std::string>& references);
    base::Result<std::vector<model::ServiceMatch>> services(const std::vector<std::string>& references);

    FirewallObjects objects_;
    std::chrono::seconds utc_offset_;
    std::size_t written_addresses_ = 0;
    std::size_t written_services_ = 0;
};

}  // namespace sluice::policy::detail
