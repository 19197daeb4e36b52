#include "dataplane/attributes/attribute_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <span>
#include <utility>

#include "base/joined.hpp"

namespace sluice::dataplane::attributes {
namespace {

using base::Error;
using base::ErrorCode;
using base::fail;

constexpr std::size_t shown_lines = 8;
constexpr std::uint16_t most_values = 65'535;

template <class Space>
using Ranges = std::vector<typename RangeTable<Space>::Range>;

// Lines into ranges; what is wrong with them.
class Lines {
  public:
    Lines(std::string_view text, std::string_view name, std::string_view header, const FileLimits& limits)
        : text_(text), name_(name), header_(header), limits_(limits) {}

    // value_of(text after the comma) is a base::Result<std::uint16_t>.
    template <class ValueOf>
    base::Status read(ValueOf&& value_of) {
        if (text_.size() > most_file_bytes) {
            return fail(ErrorCode::exhausted, fmt::format("{} bytes", text_.size()), std::string(name_),
                        fmt::format("a table may have {}", most_file_bytes));
        }
        bool began = false;
        for (std::string_view rest = text_; !rest.empty();) {
            const std::size_t end = std::min(rest.find('\n'), rest.size());
            std::string_view line = rest.substr(0, end);
            rest.remove_prefix(std::min(end + 1, rest.size()));
            ++line_;
            if (line.ends_with('\r')) line.remove_suffix(1);
            if (line.empty() || line.front() == '#') continue;
            if (!began) {
                if (line != header_) return no_header(line);
                began = true;
                continue;
            }
            if (count() == limits_.prefixes) {
                return fail(ErrorCode::exhausted, fmt::format("more than {} prefixes", limits_.prefixes),
                            at(line_), "aggregate what says the same");
            }
            take(line, value_of);
        }
        if (!began) return no_header({});
        sort_and_compare(ipv4);
        sort_and_compare(ipv6);
        return verdict();
    }

    [[nodiscard]] std::size_t count() const { return ipv4.size() + ipv6.size(); }

    Ranges<Ipv4Space> ipv4;
    Ranges<Ipv6Space> ipv6;

  private:
    [[nodiscard]] std::string at(std::size_t line) const { return fmt::format("{}:{}", name_, line); }

    base::Status no_header(std::string_view line) {
        const std::string what = line.empty() ? std::string("the file has no header")
                                              : fmt::format("'{}' is not the header", printable(line));
        return fail(ErrorCode::invalid_argument, what, at(std::max<std::size_t>(line_, 1)),
                    fmt::format("the first line that is no comment is '{}'", header_));
    }
    static std::string printable(std::string_view text, std::size_t most = 40) {
        std::string out(text.substr(0, most));
        std::replace_if(
            out.begin(), out.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
        return out;
    }

    template <class ValueOf>
    void take(std::string_view line, ValueOf&& value_of) {
        if (line.size() > limits_.line_bytes) {
            return note(line_, fmt::format("a line of {} bytes", line.size()),
                        fmt::format("a line may have {}", limits_.line_bytes));
        }
        const std::size_t comma = line.find(',');
        if (comma == std::string_view::npos || line.find(',', comma + 1) != std::string_view::npos)
            return note(line_, fmt::format("'{}' are not two fields", printable(line)),
                        fmt::format("write '{}'", header_));
        const auto prefix = net::Prefix::parse(line.substr(0, comma));
        if (!prefix) return note(line_, prefix.error().what, prefix.error().hint);
        const auto value = value_of(line.substr(comma + 1));
        if (!value) return note(line_, value.error().what, value.error().hint);
        const auto number = static_cast<std::uint32_t>(line_);
        if (prefix->is_v4()) {
            ipv4.push_back(RangeTable<Ipv4Space>::range_of(*prefix, *value, number));
        } else {
            ipv6.push_back(RangeTable<Ipv6Space>::range_of(*prefix, *value, number));
        }
    }

    template <class Some>
    void sort_and_compare(Some& ranges) {
        using Range = typename Some::value_type;
        std::sort(ranges.begin(), ranges.end(), [](const Range& a, const Range& b) {
            return a.first != b.first ? a.first < b.first
                   : a.last != b.last ? a.last > b.last
                                      : a.line < b.line;
        });
        for (std::size_t i = 1; i < ranges.size(); ++i) {
            if (ranges[i].first != ranges[i - 1].first || ranges[i].last != ranges[i - 1].last) continue;
            note(ranges[i].line, fmt::format("the prefix stands in line {}, too", ranges[i - 1].line),
                 "a prefix has one line; remove one of them");
        }
    }

    void note(std::size_t line, const std::string& what, std::string hint) {
        if (wrong_.size() < shown_lines)
            wrong_.emplace(line, std::pair(printable(what, 160), std::move(hint)));
        ++wrong_count_;
    }
    base::Status verdict() const {
        if (wrong_.empty()) return {};
        const auto& [first, said] = *wrong_.begin();
        std::string what = said.first;
        if (wrong_count_ > 1) {
            std::vector<std::string> others;
            for (const auto& [line, text] : wrong_) {
                if (line != first) others.push_back(std::to_string(line));
            }
            what += fmt::format(" (and {} more: line {}{})", wrong_count_ - 1, base::joined(others),
                                wrong_count_ > shown_lines ? ", …" : "");
        }
        return fail(ErrorCode::invalid_argument, what, at(first), said.second);
    }

    std::string_view text_;
    std::string_view name_;
    std::string_view header_;
    const FileLimits& limits_;
    std::size_t line_ = 0;
    std::map<std::size_t, std::pair<std::string, std::string>> wrong_;
    std::size_t wrong_count_ = 0;
};

base::Result<std::uint16_t> country_of(std::string_view text) {
    if (!model::is_country_code(text)) {
        return fail(ErrorCode::invalid_argument, "the country is no code of two capital letters", {},
                    "write one of ISO 3166-1, such as DE");
    }
    if (text == model::unknown_country) {
        return fail(ErrorCode::invalid_argument, "ZZ stands for what the table does not have", {},
                    "leave the line out");
    }
    return static_cast<std::uint16_t>(country_index(text) + 1);
}

// Tags get their bits, and their sets numbers, in the order of their coming.
class TagSets {
  public:
    base::Result<std::uint16_t> number_of(std::string_view text) {
        Tags tags = 0;
        while (true) {
            const std::size_t end = std::min(text.find(' '), text.size());
            const auto bit = bit_of(text.substr(0, end));
            if (!bit) return std::unexpected(bit.error());
            tags |= *bit;
            if (end == text.size()) break;
            text.remove_prefix(end + 1);
        }
        const auto number = intern(tags);
        if (number == 0) return too_many();
        return number;
    }
    // 0: there are too many.
    std::uint16_t intern(Tags tags) {
        const auto [entry, fresh] = numbers_.try_emplace(tags, static_cast<std::uint16_t>(sets.size()));
        if (!fresh) return entry->second;
        if (sets.size() == most_values) {
            numbers_.erase(entry);
            overflowed = true;
            return 0;
        }
        sets.push_back(tags);
        return entry->second;
    }
    static std::unexpected<Error> too_many() {
        return fail(ErrorCode::exhausted, "more than 65,534 different sets of tags", {},
                    "use fewer tags, or fewer at a time");
    }

    std::vector<Tags> sets{0};
    std::vector<std::string> names;
    bool overflowed = false;

  private:
    base::Result<Tags> bit_of(std::string_view tag) {
        if (!model::is_reputation_tag(tag)) {
            return fail(ErrorCode::invalid_argument, "the tags are not right", {},
                        "small letters, digits and hyphens, at most 32 a tag, one space between tags");
        }
        const auto found = std::find(names.begin(), names.end(), tag);
        if (found != names.end()) return Tags{1} << static_cast<unsigned>(found - names.begin());
        if (names.size() == most_tags) {
            return fail(ErrorCode::exhausted, "more than 64 different tags in one table", {},
                        "join tags that are used alike");
        }
        names.emplace_back(tag);
        return Tags{1} << (names.size() - 1);
    }

    std::map<Tags, std::uint16_t> numbers_{{0, 0}};
};

}  // namespace

base::Result<CountryTable> read_countries(std::string_view text, std::string_view name,
                                          const FileLimits& limits) {
    Lines lines(text, name, "prefix,country", limits);
    if (auto status = lines.read(country_of); !status) return std::unexpected(status.error());
    PrefixRanges prefixes;
    const auto inner = [](std::uint16_t, std::uint16_t own) { return own; };
    prefixes.ipv4.build(lines.ipv4, inner);
    prefixes.ipv6.build(lines.ipv6, inner);
    return CountryTable(std::move(prefixes), lines.count());
}

base::Result<ReputationTable> read_reputations(std::string_view text, std::string_view name,
                                               const FileLimits& limits) {
    Lines lines(text, name, "prefix,tags", limits);
    TagSets tags;
    const auto value_of = [&](std::string_view field) { return tags.number_of(field); };
    if (auto status = lines.read(value_of); !status) return std::unexpected(status.error());
    PrefixRanges prefixes;
    const auto both = [&](std::uint16_t outer, std::uint16_t own) {
        return tags.intern(tags.sets[outer] | tags.sets[own]);
    };
    prefixes.ipv4.build(lines.ipv4, both);
    prefixes.ipv6.build(lines.ipv6, both);
    if (tags.overflowed) {
        auto error = TagSets::too_many();
        error.error().where = std::string(name);
        return error;
    }
    return ReputationTable(std::move(prefixes), std::move(tags.sets), std::move(tags.names), lines.count());
}

}  // namespace sluice::dataplane::attributes
