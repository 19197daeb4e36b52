#include "policy/attributes.hpp"

#include <fmt/format.h>

#include <vector>

#include "policy/firewall_reader.hpp"
#include "policy/rule_words.hpp"

namespace sluice::policy::detail {
namespace {

// Country codes in quotes: some YAML readers take NO for false.
void write_texts(Lines& out, const std::string& key, const std::vector<std::string>& texts) {
    std::vector<std::string> items;
    for (const auto& text : texts) items.push_back("\"" + text + "\"");
    if (!items.empty()) out.put(key, flow_list(items));
}

std::string or_list(const std::vector<std::string>& words) {
    std::string text;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (i > 0) text += i + 1 == words.size() ? " or " : ", ";
        text += words[i];
    }
    return text;
}

}  // namespace

model::AttributeMatch read_attributes(const Node& node) {
    model::AttributeMatch match;
    match.other_countries = node.has("country_not");
    match.countries = texts_of(node.at(match.other_countries ? "country_not" : "country"));
    match.reputations = texts_of(node.at("reputation"));
    return match;
}

void write_attributes(Lines& out, const model::AttributeMatch& match) {
    write_texts(out, match.other_countries ? "country_not" : "country", match.countries);
    write_texts(out, "reputation", match.reputations);
}

void check_attributes(const Node& node, std::string_view what, Problems& problems) {
    if (node.has("country") && node.has("country_not"))
        problems.add(
            node.at("country_not")
                .error(fmt::format("{} has country or country_not, not both", what), "leave one out"));
}

std::string attribute_words(const model::AttributeMatch& match) {
    std::string text;
    if (!match.countries.empty())
        text = match.other_countries && match.countries.size() > 1
                   ? "in none of " + and_list(match.countries)
                   : (match.other_countries ? "not in " : "in ") + or_list(match.countries);
    if (match.reputations.empty()) return text;
    return text + (text.empty() ? "" : " and ") + "known for " + or_list(match.reputations);
}

}  // namespace sluice::policy::detail
