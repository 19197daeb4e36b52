// A customer's written consent, per prefix: what Sluice may do with its traffic under attack (DD-9).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace sluice::model {

enum class ConsentMode : std::uint8_t {
    off,        // never touch this prefix; incidents are shown, nothing else
    ask,        // propose; a person of the tenant or the provider approves
    automatic,  // act at once, tell afterwards
};

[[nodiscard]] constexpr std::string_view to_string(ConsentMode mode) {
    return mode == ConsentMode::off ? "off" : mode == ConsentMode::ask ? "ask" : "auto";
}
[[nodiscard]] constexpr std::optional<ConsentMode> parse_consent_mode(std::string_view text) {
    if (text == "off") return ConsentMode::off;
    if (text == "ask") return ConsentMode::ask;
    if (text == "auto") return ConsentMode::automatic;
    return std::nullopt;
}

}  // namespace sluice::model
