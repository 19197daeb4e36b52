// The known word that a mistyped one most likely means.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace sluice::policy {

// Empty when none is near (more than a third of the letters differ and neither begins with the other).
[[nodiscard]] std::string_view nearest(std::string_view word, std::span<const std::string> known);
// "a, b or c"
[[nodiscard]] std::string one_of(std::span<const std::string> words);

}  // namespace sluice::policy
