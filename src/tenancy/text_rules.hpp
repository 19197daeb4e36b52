// What names and reasons may hold. Internal to tenancy/.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace sluice::tenancy {

// UTF-8 without control characters, 1 to `most` characters. `what` names it in the error.
[[nodiscard]] base::Status check_name(std::string_view text, std::string_view what, std::size_t most);
// a-z, 0-9 and -, not at the ends, at most 63.
[[nodiscard]] base::Status check_slug(std::string_view slug);
// Letters, digits and ._@+-, at most 100, beginning with a letter or digit.
[[nodiscard]] base::Status check_login(std::string_view login);
// At most `most` bytes, cut between characters; control characters but line breaks become spaces.
[[nodiscard]] std::string cut_text(std::string_view text, std::size_t most);

}  // namespace sluice::tenancy
