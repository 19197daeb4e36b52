// The words of a packet case (testdata/README.md) about what filters ask besides addresses, ports and
// lengths: bytes of the payload, and what tables say of the source.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "dataplane/attributes/attribute_file.hpp"
#include "model/tenant_program.hpp"

namespace sluice::dataplane {

class AttributeCase {
  public:
    // "country PREFIX XX", "reputation PREFIX TAG,TAG".
    [[nodiscard]] static bool is_about(const std::string& verb) {
        return verb == "country" || verb == "reputation";
    }
    void add(const std::string& verb, const net::Prefix& prefix, const std::string& value) {
        std::string text = value;
        std::ranges::replace(text, ',', ' ');
        (verb == "country" ? countries_ : reputations_) += prefix.to_string() + "," + text + "\n";
    }
    // As a gateway would read them from its files.
    [[nodiscard]] attributes::Tables tables() const {
        attributes::Tables out;
        if (!countries_.empty()) {
            auto table = attributes::read_countries("prefix,country\n" + countries_, "country");
            EXPECT_TRUE(table) << table.error().message();
            if (table) out.countries = std::make_shared<attributes::CountryTable>(std::move(*table));
        }
        if (!reputations_.empty()) {
            auto table = attributes::read_reputations("prefix,tags\n" + reputations_, "reputation");
            EXPECT_TRUE(table) << table.error().message();
            if (table) out.reputations = std::make_shared<attributes::ReputationTable>(std::move(*table));
        }
        return out;
    }

    [[nodiscard]] static bool is_filter_word(const std::string& word) {
        return word == "payload" || word == "country" || word == "country-not" || word == "reputation";
    }
    // "payload OFFSET:HEX[/MASK]", "country XX,XX", "country-not XX", "reputation TAG,TAG".
    static void add_filter_word(const std::string& word, const std::string& value,
                                model::PacketFilter& filter) {
        if (word == "payload") {
            const std::size_t colon = value.find(':');
            const std::size_t slash = std::min(value.find('/'), value.size());
            model::PayloadMatch match;
            match.offset = static_cast<std::uint16_t>(std::stoul(value));
            match.bytes = bytes_of(value.substr(colon + 1, slash - colon - 1));
            if (slash < value.size()) match.mask = bytes_of(value.substr(slash + 1));
            filter.payload.push_back(std::move(match));
        } else if (word == "reputation") {
            filter.source_is.reputations = parts_of(value);
        } else {
            filter.source_is.countries = parts_of(value);
            filter.source_is.other_countries = word == "country-not";
        }
    }

  private:
    static std::vector<std::uint8_t> bytes_of(const std::string& digits) {
        std::vector<std::uint8_t> out;
        for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
            out.push_back(static_cast<std::uint8_t>(std::stoul(digits.substr(i, 2), nullptr, 16)));
        return out;
    }
    static std::vector<std::string> parts_of(const std::string& text) {
        std::vector<std::string> out;
        std::istringstream in(text);
        for (std::string part; std::getline(in, part, ',');) out.push_back(part);
        return out;
    }

    std::string countries_;
    std::string reputations_;
};

}  // namespace sluice::dataplane
