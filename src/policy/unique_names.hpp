// Names that must be one's own: the first place of each is kept, a second one is a problem. Internal to
// policy/.
#pragma once

#include <fmt/format.h>

#include <map>
#include <string>

#include "policy/node.hpp"
#include "policy/problems.hpp"

namespace sluice::policy::detail {

class UniqueNames {
  public:
    UniqueNames(Problems& problems, std::string what) : problems_(problems), what_(std::move(what)) {}

    void add(const std::string& name, const Node& node) {
        const auto [first, fresh] = places_.emplace(name, node.line());
        if (!fresh)
            problems_.add(
                node.error(fmt::format("{} '{}' stands twice, first in line {}", what_, name, first->second),
                           "choose another or remove one"));
    }

  private:
    Problems& problems_;
    std::string what_;
    std::map<std::string, int> places_;
};

}  // namespace sluice::policy::detail
