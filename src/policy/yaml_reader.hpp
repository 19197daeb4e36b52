// YAML text → Tree, with limits. Internal to policy/.
#pragma once

#include <memory>
#include <string_view>

#include "policy/document.hpp"
#include "policy/problems.hpp"
#include "policy/tree.hpp"

namespace sluice::policy::detail {

// Empty when there was any problem.
[[nodiscard]] std::shared_ptr<const Tree> read_yaml(std::string_view text, std::string_view name,
                                                    const DocumentLimits& limits, Problems& problems);

}  // namespace sluice::policy::detail
