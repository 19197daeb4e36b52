#include "policy/duration_text.hpp"

#include <fmt/format.h>

#include <charconv>

namespace sluice::policy {
namespace {

struct Unit {
    std::string_view name;
    std::int64_t ns;
};
constexpr std::int64_t second = 1'000'000'000;
constexpr Unit units[] = {
    {"d", 86'400 * second}, {"h", 3600 * second}, {"min", 60 * second}, {"s", second}, {"ms", 1'000'000}};
constexpr double longest_ns = 10.0 * 366 * 86'400 * second;

}  // namespace

base::Result<base::Duration> parse_duration(std::string_view text) {
    const auto refuse = [&](std::string_view why) {
        return base::fail(base::ErrorCode::invalid_argument,
                          fmt::format("'{}' is no duration: {}", text, why), {},
                          "write a number and a unit (ms, s, min, h, d), as in '10 s'");
    };
    double number = 0;
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
    if (error != std::errc{} || number < 0) return refuse("it does not start with a number");
    std::string_view rest = text.substr(static_cast<std::size_t>(end - text.data()));
    if (rest.empty()) return refuse("it has no unit");
    if (rest.starts_with(' ')) rest.remove_prefix(1);
    for (const auto& unit : units) {
        if (rest != unit.name) continue;
        const double ns = number * static_cast<double>(unit.ns);
        if (!(ns <= longest_ns)) return refuse("it is longer than ten years");
        return base::Duration{static_cast<std::int64_t>(ns)};
    }
    return refuse(fmt::format("'{}' is no unit", rest));
}

std::string format_duration(base::Duration duration) {
    for (const auto& unit : units) {
        if (duration.count() >= unit.ns && duration.count() % unit.ns == 0)
            return fmt::format("{} {}", duration.count() / unit.ns, unit.name);
    }
    return duration.count() == 0 ? "0 s"
                                 : fmt::format("{:.3g} s", static_cast<double>(duration.count()) / second);
}

}  // namespace sluice::policy
