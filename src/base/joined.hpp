// Texts one behind the other. Where fmt::join is inlined, GCC 12 takes its specification's fill for an
// overflow, and warns.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace sluice::base {

[[nodiscard]] inline std::string joined(std::span<const std::string> parts, std::string_view between = ", ") {
    std::string out;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (i != 0) out += between;
        out += parts[i];
    }
    return out;
}

}  // namespace sluice::base
