// The words of one line of a packet case (testdata/README.md), taken one after the other.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <span>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::dataplane::cases {

using Words = std::vector<std::string>;

// What is wrong with a line, as a sentence; who reads the file says which line.
struct CaseError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

inline Words split(const std::string& text, char at = ' ') {
    Words words;
    std::istringstream in(text);
    for (std::string word; std::getline(in, word, at);) {
        if (!word.empty()) words.push_back(word);
    }
    return words;
}

inline std::string join(std::span<const std::string> words) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
    return text;
}

// The value of the name in the table; the others are named where it is none of them.
template <class T>
T choose(std::string_view what, std::string_view name,
         std::span<const std::pair<std::string_view, T>> table) {
    std::string known;
    for (const auto& [one, value] : table) {
        if (one == name) return value;
        known += (known.empty() ? "" : ", ") + std::string(one);
    }
    throw CaseError("no " + std::string(what) + " '" + std::string(name) + "'; there are: " + known);
}
template <class T>
T choose(std::string_view what, std::string_view name,
         std::initializer_list<std::pair<std::string_view, T>> table) {
    return choose<T>(what, name, std::span(table.begin(), table.size()));
}

class WordReader {
  public:
    // `words` live as long as the reader.
    explicit WordReader(std::span<const std::string> words) : words_(words) {}

    [[nodiscard]] bool done() const { return words_.empty(); }
    // `what` is missing where there is no further word.
    const std::string& take(std::string_view what) {
        if (done()) throw CaseError("the " + std::string(what) + " is missing");
        const std::string& word = words_.front();
        words_ = words_.subspan(1);
        return word;
    }
    // Empty at the end.
    [[nodiscard]] std::string_view next() const { return done() ? std::string_view{} : words_.front(); }
    [[nodiscard]] bool take_if(std::string_view word) {
        const bool follows = !done() && next() == word;
        if (follows) words_ = words_.subspan(1);
        return follows;
    }
    [[nodiscard]] Words take_rest() {
        const auto rest = std::exchange(words_, {});
        return {rest.begin(), rest.end()};
    }
    void expect_end() const {
        if (!done()) throw CaseError("'" + words_.front() + "' is too much");
    }

    template <class Number = std::uint32_t>
    [[nodiscard]] Number number(std::string_view what) {
        return number_in<Number>(take(what), what);
    }
    [[nodiscard]] bool number_follows() const {
        return !done() && words_.front().find_first_not_of("0123456789") == std::string::npos;
    }
    // "5" or "5-9"
    [[nodiscard]] std::pair<std::uint16_t, std::uint16_t> range(std::string_view what) {
        const std::string& word = take(what);
        const std::size_t dash = word.find('-');
        const auto first = number_in<std::uint16_t>(word.substr(0, dash), what);
        if (dash == std::string::npos) return {first, first};
        return {first, number_in<std::uint16_t>(word.substr(dash + 1), what)};
    }
    template <class T>
    [[nodiscard]] T choice(std::string_view what,
                           std::initializer_list<std::pair<std::string_view, T>> table) {
        return choose<T>(what, take(what), table);
    }

    // Decimal, or hexadecimal after 0x.
    template <class Number>
    [[nodiscard]] static Number number_in(std::string_view text, std::string_view what) {
        const bool hexadecimal = text.starts_with("0x");
        const std::string_view digits = text.substr(hexadecimal ? 2 : 0);
        Number value{};
        const auto [end, error] =
            std::from_chars(digits.data(), digits.data() + digits.size(), value, hexadecimal ? 16 : 10);
        if (error != std::errc{} || end != digits.data() + digits.size())
            throw CaseError("the " + std::string(what) + " '" + std::string(text) +
                            "' is no number from 0 to " + std::to_string(std::numeric_limits<Number>::max()));
        return value;
    }

  private:
    std::span<const std::string> words_;
};

inline std::vector<std::uint8_t> bytes_of(std::string_view digits) {
    if (digits.size() % 2 != 0) throw CaseError("half a byte in '" + std::string(digits) + "'");
    std::vector<std::uint8_t> out;
    for (std::size_t i = 0; i < digits.size(); i += 2)
        out.push_back(WordReader::number_in<std::uint8_t>("0x" + std::string(digits.substr(i, 2)), "byte"));
    return out;
}

}  // namespace sluice::dataplane::cases
