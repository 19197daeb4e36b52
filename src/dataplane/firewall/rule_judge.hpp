// The rules read one by one: what a rule means, said as plainly as possible. Slow. `explain` says with it why
// a rule did not match, and tests hold RuleSet against it.
#pragma once

#include <cstdint>
#include <string_view>

#include "dataplane/firewall/question.hpp"
#include "dataplane/firewall/rule_set.hpp"
#include "model/firewall.hpp"

namespace sluice::dataplane::firewall {

// The first thing in which a question differs from a rule.
enum class Mismatch : std::uint8_t {
    none,  // the rule matches
    from_zone,
    to_zone,
    source,
    destination,
    protocol,
    port,  // or ICMP type or code
    user,
    time,
};

[[nodiscard]] std::string_view to_string(Mismatch mismatch);

// What tables say of the ends is looked up in `tables`, not taken from the question.
[[nodiscard]] Mismatch compare(const model::FirewallRule& rule, const Question& question,
                               const attributes::Tables& tables = {});

[[nodiscard]] Match judge(const model::FirewallProgram& program, const Question& question,
                          const attributes::Tables& tables = {});

}  // namespace sluice::dataplane::firewall
