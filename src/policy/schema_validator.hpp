// Checks a tree against a schema, with every problem in words and with its line. Internal to policy/.
#pragma once

#include "policy/problems.hpp"
#include "policy/schema.hpp"
#include "policy/tree.hpp"

namespace sluice::policy::detail {

void validate(const Tree& tree, const Schema& schema, Problems& problems);

}  // namespace sluice::policy::detail
