#include "policy/yaml_lines.hpp"

#include <fmt/format.h>

#include <string_view>

#include "policy/rate_text.hpp"

namespace sluice::policy::detail {

std::string quoted(const std::string& text) {
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    const auto digit = [](char c) { return c >= '0' && c <= '9'; };
    bool plain = !text.empty() && letter(text[0]) && text.back() != ' ';
    for (const char c : text)
        plain = plain && (letter(c) || digit(c) || c == ' ' || c == '-' || c == '.' || c == '@' || c == '/' ||
                          c == '_');
    for (const std::string_view word : {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}) {
        if (text.size() != word.size()) continue;
        bool same = true;
        for (std::size_t i = 0; i < word.size(); ++i) same = same && (text[i] | 0x20) == word[i];
        plain = plain && !same;
    }
    if (plain) return text;
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\')
            out += {'\\', c};
        else if (c == '\n')
            out += "\\n";
        else if (c == '\t')
            out += "\\t";
        else
            out += c;
    }
    return out + "\"";
}

std::string flow_list(const std::vector<std::string>& items) {
    return fmt::format("[{}]", fmt::join(items, ", "));
}

std::string rate_map(const model::RateLimit& limit) {
    std::vector<std::string> parts;
    if (limit.packets_per_s > 0) parts.push_back("packets: " + exact_packets(limit.packets_per_s));
    if (limit.bits_per_s > 0) parts.push_back("bits: " + exact_bits(limit.bits_per_s));
    return fmt::format("{{{}}}", fmt::join(parts, ", "));
}

}  // namespace sluice::policy::detail
