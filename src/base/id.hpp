// Strong identifiers: a TenantId is no SiteId, for the compiler and for people ("tenant-12", "incident-40").
#pragma once

#include <charconv>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::base {

// Tag gives the type its identity and, as `Tag::prefix`, its name in texts. 0 is "none" and never handed out.
template <class Tag>
class Id {
  public:
    constexpr Id() = default;
    constexpr explicit Id(std::uint64_t value) : value_(value) {}

    [[nodiscard]] constexpr std::uint64_t value() const { return value_; }
    [[nodiscard]] constexpr bool is_none() const { return value_ == 0; }
    auto operator<=>(const Id&) const = default;

    [[nodiscard]] std::string to_string() const {
        return std::string(Tag::prefix) + "-" + std::to_string(value_);
    }

    [[nodiscard]] static std::optional<Id> parse(std::string_view text) {
        if (!text.starts_with(Tag::prefix)) return std::nullopt;
        text.remove_prefix(std::string_view(Tag::prefix).size());
        if (!text.starts_with('-') || text.size() < 2 || text[1] == '0') return std::nullopt;
        text.remove_prefix(1);
        std::uint64_t value = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (error != std::errc{} || end != text.data() + text.size() || value == 0) return std::nullopt;
        return Id(value);
    }

  private:
    std::uint64_t value_ = 0;
};

}  // namespace sluice::base

template <class Tag>
struct std::hash<sluice::base::Id<Tag>> {
    std::size_t operator()(sluice::base::Id<Tag> id) const noexcept {
        return std::hash<std::uint64_t>{}(id.value());
    }
};
