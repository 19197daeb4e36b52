// What an operator's tables say of addresses: the country, by the longest prefix, and the reputation, the
// tags of all prefixes that contain it. Read from files once (attribute_file.hpp), then immutable; shared by
// the programs that ask them.
//
// Memory: at most 12 bytes an IPv4 prefix and 36 an IPv6 prefix, and 1.25 MiB a table for its index.
#pragma once

#include <bitset>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/attributes/range_table.hpp"
#include "model/attribute_match.hpp"
#include "net/address.hpp"

namespace sluice::dataplane::attributes {

// AA is 0, ZZ is the last: the table has none.
using CountryIndex = std::uint16_t;
inline constexpr std::size_t country_count = 26 * 26;
[[nodiscard]] constexpr CountryIndex country_index(std::string_view code) {
    return static_cast<CountryIndex>((code[0] - 'A') * 26 + (code[1] - 'A'));
}
[[nodiscard]] std::string country_name(CountryIndex country);
using Countries = std::bitset<country_count>;

class CountryTable {
  public:
    // `prefixes` hold the country's index plus one.
    CountryTable(PrefixRanges prefixes, std::size_t size) : prefixes_(std::move(prefixes)), size_(size) {}

    [[nodiscard]] CountryIndex find(const net::Address& address) const {
        const std::uint16_t found = prefixes_.find(address);
        return found == 0 ? static_cast<CountryIndex>(country_count - 1)
                          : static_cast<CountryIndex>(found - 1);
    }
    [[nodiscard]] std::size_t size() const { return size_; }  // prefixes
    [[nodiscard]] std::size_t bytes() const { return prefixes_.bytes(); }

  private:
    PrefixRanges prefixes_;
    std::size_t size_;
};

// A bit for each tag, numbered within its table.
using Tags = std::uint64_t;
inline constexpr std::size_t most_tags = 64;

class ReputationTable {
  public:
    // `prefixes` hold indices into `sets`, of which 0 is empty.
    ReputationTable(PrefixRanges prefixes, std::vector<Tags> sets, std::vector<std::string> names,
                    std::size_t size)
        : prefixes_(std::move(prefixes)), sets_(std::move(sets)), names_(std::move(names)), size_(size) {}

    [[nodiscard]] Tags find(const net::Address& address) const { return sets_[prefixes_.find(address)]; }
    // 0: no prefix of the table has this tag.
    [[nodiscard]] Tags bit_of(std::string_view tag) const;
    [[nodiscard]] std::vector<std::string> names_of(Tags tags) const;
    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] std::size_t bytes() const { return prefixes_.bytes() + sets_.capacity() * sizeof(Tags); }

  private:
    PrefixRanges prefixes_;
    std::vector<Tags> sets_;
    std::vector<std::string> names_;  // by the tag's bit
    std::size_t size_;
};

// What a gateway has of them.
struct Tables {
    std::shared_ptr<const CountryTable> countries;  // nullptr: there is none
    std::shared_ptr<const ReputationTable> reputations;
    model::AttributeEditions editions{};

    [[nodiscard]] bool same_as(const Tables& other) const {
        return countries == other.countries && reputations == other.reputations;
    }
};

// What they say of one address, looked up once for any number of questions.
struct Facts {
    CountryIndex country = country_count;  // that: there is no table
    Tags tags = 0;
};
[[nodiscard]] Facts facts_of(const Tables& tables, const net::Address& address);

// model::AttributeMatch, as it is asked of one address.
struct Question {
    bool by_country = false;
    bool by_reputation = false;
    Countries countries;
    Tags tags = 0;

    [[nodiscard]] static Question of(const model::AttributeMatch& match, const Tables& tables);
    // Without the table that it asks: false.
    [[nodiscard]] bool holds_for(const net::Address& address, const Tables& tables) const;
    // The same of what was looked up in the tables that it was made with.
    [[nodiscard]] bool holds_for(const Facts& facts) const {
        return (!by_country || (facts.country < country_count && countries.test(facts.country))) &&
               (!by_reputation || (facts.tags & tags) != 0);
    }
};

// What programs, filters or rules of firewalls, ask for and the tables do not have: it matches nothing, and
// an operator has to know.
struct Gaps {
    std::uint32_t without_countries = 0;  // tenants that ask for countries, and there is no table of them
    std::uint32_t without_reputations = 0;
    std::map<std::string, std::uint32_t> unknown_tags;  // that no line of the table has; tenants that ask

    void add(const model::AttributeMatch& match, const Tables& tables, bool& countries, bool& reputations);
    // For an operator; empty: nothing is missing.
    [[nodiscard]] std::string text() const;
};

}  // namespace sluice::dataplane::attributes
