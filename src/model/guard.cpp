#include "model/guard.hpp"

#include <array>

namespace sluice::model {
namespace {

constexpr std::array<std::string_view, 3> level_names{"analysis", "basic", "strong"};

}  // namespace

std::vector<std::string> names_of(StageSet set) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < static_cast<std::size_t>(Stage::count_); ++i) {
        const auto stage = static_cast<Stage>(i);
        if (contains(set, stage)) names.emplace_back(to_string(stage));
    }
    return names;
}

std::optional<Stage> parse_stage(std::string_view name) {
    for (std::size_t i = 0; i < static_cast<std::size_t>(Stage::count_); ++i) {
        if (to_string(static_cast<Stage>(i)) == name) return static_cast<Stage>(i);
    }
    return std::nullopt;
}

std::string_view to_string(GuardLevel level) {
    return level_names.at(static_cast<std::size_t>(level));
}

std::optional<GuardLevel> parse_guard_level(std::string_view text) {
    for (std::size_t i = 0; i < level_names.size(); ++i) {
        if (level_names[i] == text) return static_cast<GuardLevel>(i);
    }
    return std::nullopt;
}

}  // namespace sluice::model
