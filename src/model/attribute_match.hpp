// What an operator's tables say of an address: in which country it is, and which reputation it has. Filters
// ask it of a packet's source, rules of a firewall of both ends of a connection. The tables are files of the
// gateway (docs/how-to/attribute-tables.md).
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"

namespace sluice::model {

// What of it is asked for has to hold; lists that are empty ask for nothing.
struct AttributeMatch {
    std::vector<std::string> countries;    // one of these: ISO 3166-1 alpha-2, or "ZZ": the table has none
    bool other_countries = false;          // none of these instead
    std::vector<std::string> reputations;  // at least one of these tags

    [[nodiscard]] bool any() const { return !countries.empty() || !reputations.empty(); }
    bool operator==(const AttributeMatch&) const = default;
};
inline constexpr std::size_t most_countries = 250;
inline constexpr std::size_t most_reputations = 64;
inline constexpr std::string_view unknown_country = "ZZ";

// Which tables somebody has: when each one's file was written; the epoch: there is none.
struct AttributeEditions {
    base::Timestamp countries{};
    base::Timestamp reputations{};

    bool operator==(const AttributeEditions&) const = default;
};

// Two capital letters; whether anybody lives there is not asked.
[[nodiscard]] constexpr bool is_country_code(std::string_view text) {
    return text.size() == 2 && std::ranges::all_of(text, [](char c) { return c >= 'A' && c <= 'Z'; });
}
// Small letters, digits and hyphens, 1 to 32 characters.
[[nodiscard]] constexpr bool is_reputation_tag(std::string_view text) {
    return !text.empty() && text.size() <= 32 && text.front() != '-' && text.back() != '-' &&
           std::ranges::all_of(
               text, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

}  // namespace sluice::model
