#include "tenancy/text_rules.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace sluice::tenancy {

using base::ErrorCode;

namespace {

bool is_control(char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

// The bytes of the character that begins here; 0 when it is no UTF-8 (RFC 3629 section 4).
std::size_t character_bytes(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned first = byte(0);
    const std::size_t length = first < 0x80                    ? 1
                               : first >= 0xc2 && first < 0xe0 ? 2
                               : (first & 0xf0U) == 0xe0       ? 3
                               : first >= 0xf0 && first < 0xf5 ? 4
                                                               : 0;
    if (length == 0 || length > text.size()) return 0;
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xc0U) != 0x80) return 0;
    }
    if (length > 2) {
        const unsigned second = byte(1);
        if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second >= 0xa0) ||
            (first == 0xf0 && second < 0x90) || (first == 0xf4 && second >= 0x90))
            return 0;
    }
    return length;
}

bool is_small_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool is_login_character(char c) {
    return is_small_or_digit(c) || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' || c == '@' || c == '+' ||
           c == '-';
}

}  // namespace

base::Status check_name(std::string_view text, std::string_view what, std::size_t most) {
    std::size_t characters = 0;
    for (std::string_view rest = text; !rest.empty(); ++characters) {
        const std::size_t bytes = character_bytes(rest);
        if (bytes == 0 || is_control(rest[0]))
            return base::fail(ErrorCode::invalid_argument,
                              fmt::format("{} holds a character that is no text", what), std::string(what),
                              "write it in UTF-8 without control characters");
        rest.remove_prefix(bytes);
    }
    if (characters == 0 || characters > most)
        return base::fail(ErrorCode::invalid_argument, fmt::format("{} has {} characters", what, characters),
                          std::string(what), fmt::format("write 1 to {}", most));
    return {};
}

base::Status check_slug(std::string_view slug) {
    const bool good =
        !slug.empty() && slug.size() <= 63 && slug.front() != '-' && slug.back() != '-' &&
        std::all_of(slug.begin(), slug.end(), [](char c) { return is_small_or_digit(c) || c == '-'; });
    if (good) return {};
    return base::fail(ErrorCode::invalid_argument, "the slug has not the form that it needs", "slug",
                      "write a-z, 0-9 and - (not at the ends), at most 63 characters, as in acme");
}

base::Status check_login(std::string_view login) {
    const bool good = !login.empty() && login.size() <= 100 &&
                      std::all_of(login.begin(), login.end(), is_login_character) &&
                      login.find_first_of("._@+-") != 0;
    if (good) return {};
    return base::fail(ErrorCode::invalid_argument, "the login has not the form that it needs", "login",
                      "write letters, digits and ._@+-, at most 100 characters, as in anna@acme.example");
}

std::string cut_text(std::string_view text, std::size_t most) {
    std::string out;
    while (!text.empty()) {
        const std::size_t bytes = character_bytes(text);
        const std::size_t taken = std::max<std::size_t>(bytes, 1);
        if (out.size() + taken > most) break;
        if (bytes == 0)
            out += '?';
        else if (is_control(text[0]) && text[0] != '\n')
            out += ' ';
        else
            out += text.substr(0, bytes);
        text.remove_prefix(taken);
    }
    return out;
}

}  // namespace sluice::tenancy
