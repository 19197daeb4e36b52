// What a policy asks of the operator's tables, of countries and reputations: `country`, `country_not` and
// `reputation`, of filters and of a firewall's address objects alike. Internal to policy/.
#pragma once

#include <string>
#include <string_view>

#include "model/attribute_match.hpp"
#include "policy/node.hpp"
#include "policy/problems.hpp"
#include "policy/yaml_lines.hpp"

namespace sluice::policy::detail {

[[nodiscard]] model::AttributeMatch read_attributes(const Node& node);
void write_attributes(Lines& out, const model::AttributeMatch& match);
// `what` names the owner: "a filter".
void check_attributes(const Node& node, std::string_view what, Problems& problems);

// "in DE or AT", "in none of DE and AT", "known for botnet or scanner", "in DE and known for botnet".
[[nodiscard]] std::string attribute_words(const model::AttributeMatch& match);

}  // namespace sluice::policy::detail
