#include "dataplane/attributes/attribute_table.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/joined.hpp"

namespace sluice::dataplane::attributes {

std::string country_name(CountryIndex country) {
    return {static_cast<char>('A' + country / 26), static_cast<char>('A' + country % 26)};
}

Tags ReputationTable::bit_of(std::string_view tag) const {
    const auto found = std::find(names_.begin(), names_.end(), tag);
    return found == names_.end() ? 0 : Tags{1} << static_cast<unsigned>(found - names_.begin());
}

std::vector<std::string> ReputationTable::names_of(Tags tags) const {
    std::vector<std::string> out;
    for (std::size_t bit = 0; bit < names_.size(); ++bit) {
        if ((tags >> bit & 1U) != 0) out.push_back(names_[bit]);
    }
    return out;
}

Facts facts_of(const Tables& tables, const net::Address& address) {
    Facts out;
    if (tables.countries != nullptr) out.country = tables.countries->find(address);
    if (tables.reputations != nullptr) out.tags = tables.reputations->find(address);
    return out;
}

Question Question::of(const model::AttributeMatch& match, const Tables& tables) {
    Question out;
    out.by_country = !match.countries.empty();
    out.by_reputation = !match.reputations.empty();
    for (const std::string& code : match.countries) out.countries.set(country_index(code));
    if (match.other_countries) out.countries.flip();
    if (tables.reputations == nullptr) return out;
    for (const std::string& tag : match.reputations) out.tags |= tables.reputations->bit_of(tag);
    return out;
}

bool Question::holds_for(const net::Address& address, const Tables& tables) const {
    if (by_country && (tables.countries == nullptr || !countries.test(tables.countries->find(address)))) {
        return false;
    }
    return !by_reputation ||
           (tables.reputations != nullptr && (tables.reputations->find(address) & tags) != 0);
}

void Gaps::add(const model::AttributeMatch& match, const Tables& tables, bool& countries, bool& reputations) {
    if (!match.countries.empty() && tables.countries == nullptr && !std::exchange(countries, true))
        ++without_countries;
    if (match.reputations.empty()) return;
    if (tables.reputations == nullptr) {
        if (!std::exchange(reputations, true)) ++without_reputations;
        return;
    }
    for (const std::string& tag : match.reputations) {
        if (tables.reputations->bit_of(tag) == 0) ++unknown_tags[tag];
    }
}

std::string Gaps::text() const {
    std::vector<std::string> parts;
    const auto absent = [&](std::uint32_t tenants, const char* what) {
        if (tenants == 0) return;
        parts.push_back(
            fmt::format("{} of the tenants ask for {} and this gateway has no table of them: these filters "
                        "and rules match nothing",
                        tenants, what));
    };
    absent(without_countries, "countries");
    absent(without_reputations, "reputations");
    constexpr std::size_t named = 5;
    if (!unknown_tags.empty()) {
        std::vector<std::string> names;
        for (const auto& [name, tenants] : unknown_tags) {
            if (names.size() < named) names.push_back(name);
        }
        parts.push_back(fmt::format("no line of the table of reputations has the tag {}{}",
                                    base::joined(names), unknown_tags.size() > named ? ", …" : ""));
    }
    return base::joined(parts, "; ");
}

}  // namespace sluice::dataplane::attributes
