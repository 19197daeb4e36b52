// A firewall policy → what gateways enforce: names replaced by what they stand for, groups written out,
// schedules in UTC.
#pragma once

#include <optional>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "model/firewall.hpp"
#include "model/firewall_policy.hpp"

namespace sluice::policy {

// At the moment `at`: windows of schedules are those of the offset from UTC that is in force then. A policy
// that policy_reader has taken resolves, as long as the machine knows its time zone; any other is
// invalid_argument with the name that stands for nothing, and never a program that says "any" instead.
[[nodiscard]] base::Result<model::FirewallProgram> resolve_firewall(const model::FirewallPolicy& policy,
                                                                    base::Timestamp at);

// When the program must be made again because the offset of its schedules changes; none when it never does.
[[nodiscard]] std::optional<base::Timestamp> next_schedule_change(const model::FirewallPolicy& policy,
                                                                  base::Timestamp after);

}  // namespace sluice::policy
