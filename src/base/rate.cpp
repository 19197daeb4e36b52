#include "base/rate.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

namespace sluice::base {
namespace {

constexpr std::string_view unit_names[] = {"pps", "bps", "fps"};
constexpr std::string_view scale_names[] = {"", "k", "M", "G", "T"};

}  // namespace

Result<std::uint64_t> parse_rate(std::string_view text, RateUnit unit) {
    const std::string_view name = unit_names[static_cast<std::size_t>(unit)];
    const auto refuse = [&](std::string_view why) {
        return fail(ErrorCode::invalid_argument, fmt::format("'{}' is no rate: {}", text, why), {},
                    fmt::format("write a number and a unit, as in '20 k{}' or '1.5 G{}'", name, name));
    };
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || !std::isfinite(number) || number < 0)
        return refuse("it does not start with a number");
    std::string_view rest = text.substr(static_cast<std::size_t>(end - text.data()));
    while (rest.starts_with(' ')) rest.remove_prefix(1);
    if (!rest.ends_with(name)) return refuse(fmt::format("its unit is not {}", name));
    rest.remove_suffix(name.size());
    double scale = 1;
    for (const std::string_view prefix : scale_names) {
        if (rest == prefix) {
            if (number * scale > 1e18) return refuse("it is too large");
            return static_cast<std::uint64_t>(std::llround(number * scale));
        }
        scale *= 1000;
    }
    return refuse(fmt::format("'{}' is no scale", rest));
}

std::string format_rate(std::uint64_t value, RateUnit unit) {
    auto number = static_cast<double>(value);
    std::size_t scale = 0;
    while (number >= 1000 && scale + 1 < std::size(scale_names)) {
        number /= 1000;
        ++scale;
    }
    return fmt::format("{:.4g} {}{}", number, scale_names[scale], unit_names[static_cast<std::size_t>(unit)]);
}

}  // namespace sluice::base
