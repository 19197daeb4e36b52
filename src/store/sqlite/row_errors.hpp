// The errors that every repository gives in the same words.
#pragma once

#include <string>

#include "base/result.hpp"

namespace sluice::store::sqlite {

[[nodiscard]] inline std::unexpected<base::Error> no_such(const std::string& what, const std::string& name) {
    return base::fail(base::ErrorCode::not_found, "there is no such " + what, name);
}

// An update from a version that is not the stored one.
[[nodiscard]] inline std::unexpected<base::Error> stale(const std::string& what) {
    return base::fail(base::ErrorCode::conflict, "the " + what + " has changed meanwhile", "version",
                      "read it again");
}

}  // namespace sluice::store::sqlite
