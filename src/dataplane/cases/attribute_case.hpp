// The words of a packet case (testdata/README.md) about what filters ask besides addresses, ports and
// lengths: bytes of the payload, and what tables say of the source.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>

#include "dataplane/attributes/attribute_file.hpp"
#include "dataplane/cases/case_family.hpp"
#include "dataplane/cases/case_words.hpp"
#include "model/tenant_program.hpp"

namespace sluice::dataplane::cases {

class AttributeCase {
  public:
    // "country PREFIX XX", "reputation PREFIX TAG,TAG".
    [[nodiscard]] static bool is_about(const std::string& verb) {
        return verb == "country" || verb == "reputation";
    }
    void add(const Words& words, const Family& family) {
        WordReader line(words);
        std::string& table = line.take("table") == "country" ? countries_ : reputations_;
        const net::Prefix prefix = family.prefix(line.take("prefix"));
        std::string value = line.take("value");
        line.expect_end();
        std::ranges::replace(value, ',', ' ');
        table += prefix.to_string() + "," + value + "\n";
    }
    // As a gateway would read them from its files.
    [[nodiscard]] attributes::Tables tables() const {
        attributes::Tables out;
        if (!countries_.empty())
            out.countries = made(attributes::read_countries("prefix,country\n" + countries_, "country"));
        if (!reputations_.empty())
            out.reputations =
                made(attributes::read_reputations("prefix,tags\n" + reputations_, "reputation"));
        return out;
    }

    [[nodiscard]] static bool is_filter_word(const std::string& word) {
        return word == "payload" || is_match_word(word);
    }
    // "payload OFFSET:HEX[/MASK]", "country XX,XX", "country-not XX", "reputation TAG,TAG".
    static void add_filter_word(const std::string& word, const std::string& value,
                                model::PacketFilter& filter) {
        if (word == "payload") {
            const std::size_t colon = std::min(value.find(':'), value.size() - 1);
            const std::size_t slash = std::min(value.find('/'), value.size());
            model::PayloadMatch match;
            match.offset = WordReader::number_in<std::uint16_t>(value.substr(0, colon), "payload's offset");
            match.bytes = bytes_of(value.substr(colon + 1, slash - colon - 1));
            if (slash < value.size()) match.mask = bytes_of(value.substr(slash + 1));
            filter.payload.push_back(std::move(match));
        } else {
            add_match_word(word, value, filter.source_is);
        }
    }
    [[nodiscard]] static bool is_match_word(std::string_view word) {
        return word == "country" || word == "country-not" || word == "reputation";
    }
    static void add_match_word(const std::string& word, const std::string& value,
                               model::AttributeMatch& match) {
        if (word == "reputation") {
            match.reputations = split(value, ',');
        } else {
            match.countries = split(value, ',');
            match.other_countries = word == "country-not";
        }
    }

  private:
    template <class Table>
    static std::shared_ptr<const Table> made(base::Result<Table> table) {
        if (!table) throw CaseError(table.error().message());
        return std::make_shared<const Table>(std::move(*table));
    }

    std::string countries_;
    std::string reputations_;
};

}  // namespace sluice::dataplane::cases
