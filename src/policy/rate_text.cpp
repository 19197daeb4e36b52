#include "policy/rate_text.hpp"

#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace sluice::policy::detail {
namespace {

std::string exact(std::uint64_t value, std::string_view unit) {
    constexpr std::pair<std::uint64_t, std::string_view> scales[] = {
        {1'000'000'000'000, "T"}, {1'000'000'000, "G"}, {1'000'000, "M"}, {1'000, "k"}};
    for (const auto& [scale, name] : scales) {
        if (value >= scale && value % scale == 0) return fmt::format("{} {}{}", value / scale, name, unit);
    }
    return fmt::format("{} {}", value, unit);
}

}  // namespace

std::string exact_packets(std::uint64_t packets_per_s) {
    return exact(packets_per_s, "pps");
}

std::string exact_bits(std::uint64_t bits_per_s) {
    return exact(bits_per_s, "bps");
}

}  // namespace sluice::policy::detail
