// A firewall rule and what changes of it, in words. Internal to policy/.
#pragma once

#include <string>
#include <vector>

#include "model/firewall_policy.hpp"

namespace sluice::policy::detail {

// "allow http and https from internet to dmz, to 192.0.2.10, logged"
[[nodiscard]] std::string rule_text(const model::RulePolicy& rule);
// "now also allows tcp 8443 from internet to dmz; is now logged"; empty when nothing changes.
[[nodiscard]] std::string rule_change(const model::RulePolicy& before, const model::RulePolicy& after);

// "a, b and c"
[[nodiscard]] std::string and_list(const std::vector<std::string>& words);
// "tcp 8443" for "tcp/8443"; names as they are.
[[nodiscard]] std::string service_words(const std::string& reference);

}  // namespace sluice::policy::detail
