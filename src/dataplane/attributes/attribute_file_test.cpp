#include "dataplane/attributes/attribute_file.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/random.hpp"

namespace sluice::dataplane::attributes {
namespace {

net::Address address(const std::string& text) {
    return net::Address::parse(text).value();
}

std::string country_at(const CountryTable& table, const std::string& text) {
    return country_name(table.find(address(text)));
}

std::string error_of(const std::string& text, const FileLimits& limits = {}) {
    const auto table = read_countries(text, "c.csv", limits);
    return table ? "it was taken" : table.error().message();
}
std::string tag_error_of(const std::string& text) {
    const auto table = read_reputations(text, "t.csv");
    return table ? "it was taken" : table.error().message();
}

}  // namespace

TEST(AttributeFile, TheLongestPrefixHasTheCountry) {
    const auto table = read_countries(
        "# delegated\n\nprefix,country\r\n192.0.0.0/8,US\n192.0.2.0/24,DE\n192.0.2.128/25,NO\n"
        "2001:db8::/32,FR\n2001:db8:1::/48,AT\n198.51.100.7,CH\n0.0.0.0/5,JP\nff00::/8,SE",
        "c.csv");
    ASSERT_TRUE(table) << table.error().message();
    EXPECT_EQ(table->size(), 8U);
    const std::pair<const char*, const char*> expected[] = {
        {"192.0.2.1", "DE"},
        {"192.0.2.128", "NO"},
        {"192.0.2.255", "NO"},
        {"192.0.3.0", "US"},
        {"191.255.255.255", "ZZ"},
        {"193.0.0.0", "ZZ"},
        {"198.51.100.7", "CH"},
        {"198.51.100.8", "ZZ"},
        {"0.0.0.0", "JP"},
        {"7.255.255.255", "JP"},
        {"8.0.0.0", "ZZ"},
        {"255.255.255.255", "ZZ"},
        {"2001:db8::1", "FR"},
        {"2001:db8:1:ffff::", "AT"},
        {"2001:db8:2::", "FR"},
        {"2001:db9::", "ZZ"},
        {"::", "ZZ"},
        {"ffff::1", "SE"},
        {"2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", "ZZ"},
    };
    for (const auto& [text, country] : expected) EXPECT_EQ(country_at(*table, text), country) << text;
}

TEST(AttributeFile, TagsOfAllPrefixesAddUp) {
    const auto table = read_reputations(
        "prefix,tags\n198.51.0.0/16,hosting\n198.51.100.0/24,botnet scanner\n198.51.100.7,hosting tor-exit\n"
        "198.51.101.0/24,hosting\n2001:db8:bad::/48,botnet\n",
        "t.csv");
    ASSERT_TRUE(table) << table.error().message();
    const auto tags = [&](const char* text) {
        return fmt::format("{}", fmt::join(table->names_of(table->find(address(text))), " "));
    };
    EXPECT_EQ(tags("198.51.1.1"), "hosting");
    EXPECT_EQ(tags("198.51.100.6"), "hosting botnet scanner");
    EXPECT_EQ(tags("198.51.100.7"), "hosting botnet scanner tor-exit");
    EXPECT_EQ(tags("198.51.100.8"), "hosting botnet scanner");
    EXPECT_EQ(tags("198.51.101.1"), "hosting");
    EXPECT_EQ(tags("198.52.0.0"), "");
    EXPECT_EQ(tags("2001:db8:bad::1"), "botnet");
    EXPECT_EQ(table->bit_of("botnet"), 2U);
    EXPECT_EQ(table->bit_of("nobody"), 0U);
}

TEST(AttributeFile, AnEmptyTableIsOneThatKnowsNobody) {
    const auto table = read_countries("prefix,country\n", "c.csv");
    ASSERT_TRUE(table);
    EXPECT_EQ(country_at(*table, "192.0.2.1"), "ZZ");
}

TEST(AttributeFile, WhatIsWrongIsSaidWithItsLine) {
    EXPECT_EQ(error_of(""),
              "c.csv:1: the file has no header (the first line that is no comment is 'prefix,country')");
    EXPECT_EQ(error_of("192.0.2.0/24,DE\n"),
              "c.csv:1: '192.0.2.0/24,DE' is not the header (the first line that is no comment is "
              "'prefix,country')");
    EXPECT_EQ(error_of("prefix,country\n192.0.2.1/24,DE\n"),
              "c.csv:2: '192.0.2.1/24' has bits set behind its length (write 192.0.2.0/24)");
    EXPECT_EQ(error_of("prefix,country\n192.0.2.0/24, DE\n"),
              "c.csv:2: the country is no code of two capital letters (write one of ISO 3166-1, such as DE)");
    EXPECT_EQ(error_of("prefix,country\n192.0.2.0/24,ZZ\n"),
              "c.csv:2: ZZ stands for what the table does not have (leave the line out)");
    EXPECT_EQ(error_of("prefix,country\n192.0.2.0/24\n"),
              "c.csv:2: '192.0.2.0/24' are not two fields (write 'prefix,country')");
    EXPECT_EQ(error_of("prefix,country\n192.0.2.0/24,DE\n# again\n192.0.2.0/24,DE\n"),
              "c.csv:4: the prefix stands in line 2, too (a prefix has one line; remove one of them)");
    EXPECT_EQ(error_of("prefix,country\n1.2.3.4,de\n1.2.3.5,DE\nx,DE\n5.6.7.8,D\n"),
              "c.csv:2: the country is no code of two capital letters (and 2 more: line 4, 5) (write one of "
              "ISO 3166-1, such as DE)");
    EXPECT_EQ(error_of("prefix,country\n\x01\xff,DE\n"),
              "c.csv:2: '?\?' is no prefix (write one as 192.0.2.0/24 or 2001:db8::/48)");
    EXPECT_EQ(
        tag_error_of("prefix,tags\n1.2.3.4,\n"),
        "t.csv:2: the tags are not right (small letters, digits and hyphens, at most 32 a tag, one space "
        "between tags)");
    EXPECT_NE(tag_error_of("prefix,tags\n1.2.3.4,a  b\n"), "it was taken");
    EXPECT_NE(tag_error_of("prefix,tags\n1.2.3.4,a \n"), "it was taken");
}

TEST(AttributeFile, LimitsHold) {
    EXPECT_EQ(error_of("prefix,country\n1.2.3.4,DE\n1.2.3.5,DE\n1.2.3.6,DE\n", {.prefixes = 2}),
              "c.csv:4: more than 2 prefixes (aggregate what says the same)");
    EXPECT_EQ(error_of("prefix,country\n1.2.3.4," + std::string(600, 'D') + "\n"),
              "c.csv:2: a line of 608 bytes (a line may have 512)");
    std::string many = "prefix,tags\n";
    for (int i = 0; i < 65; ++i) many += fmt::format("192.0.2.{},tag-{}\n", i, i);
    EXPECT_EQ(tag_error_of(many),
              "t.csv:66: more than 64 different tags in one table (join tags that are used alike)");
    // Sets that only nesting makes count, too.
    std::string nested = "prefix,tags\n";
    for (int i = 0; i < 64; ++i) nested += fmt::format("10.{}.0.0/16,tag-{}\n", i, i);
    EXPECT_EQ(tag_error_of(nested), "it was taken");
}

TEST(AttributeFile, LikeAPlainListOfPrefixes) {
    base::SeededRandom random(5);
    const auto below = [&](std::uint64_t n) { return random.next() % n; };
    for (int round = 0; round < 200; ++round) {
        struct Line {
            net::Prefix prefix;
            std::string country;
            std::string tag;
        };
        std::vector<Line> lines;
        std::string countries = "prefix,country\n";
        std::string tags = "prefix,tags\n";
        // Few bits of the address vary, at both ends of both families, so that prefixes nest and touch.
        const auto some_address = [&] {
            if (below(2) == 0) {
                const auto edge = below(2) == 0 ? 0xffff'ff00U : 0xc000'0200U;
                return net::Address::v4(edge | static_cast<std::uint32_t>(below(256)));
            }
            std::array<std::uint8_t, 16> bytes{};
            bytes[0] = below(3) == 0 ? 0xff : 0x20;
            if (bytes[0] == 0xff) bytes.fill(0xff);
            bytes[2] = static_cast<std::uint8_t>(below(256));
            bytes[15] = static_cast<std::uint8_t>(below(256));
            return net::Address::v6_from(bytes.data());
        };
        for (std::uint64_t n = below(40); n > 0; --n) {
            const net::Address at = some_address();
            const unsigned widest = at.is_v4() ? 32 : 128;
            const auto length = below(4) == 0 ? below(widest + 1) : widest - below(9);
            const auto prefix = net::Prefix::of(at, static_cast<unsigned>(length));
            if (std::ranges::any_of(lines, [&](const Line& line) { return line.prefix == prefix; })) continue;
            lines.push_back({prefix, std::string{'A', static_cast<char>('A' + below(5))},
                             fmt::format("tag-{}", below(6))});
            countries += fmt::format("{},{}\n", prefix.to_string(), lines.back().country);
            tags += fmt::format("{},{}\n", prefix.to_string(), lines.back().tag);
        }
        const auto country_table = read_countries(countries, "c.csv");
        const auto tag_table = read_reputations(tags, "t.csv");
        ASSERT_TRUE(country_table && tag_table) << countries;
        for (int n = 0; n < 200; ++n) {
            const net::Address asked = some_address();
            const Line* longest = nullptr;
            Tags wanted = 0;
            for (const Line& line : lines) {
                if (line.prefix.is_v4() != asked.is_v4() || !line.prefix.contains(asked)) continue;
                wanted |= tag_table->bit_of(line.tag);
                if (longest == nullptr || line.prefix.bits() > longest->prefix.bits()) longest = &line;
            }
            ASSERT_EQ(country_name(country_table->find(asked)), longest == nullptr ? "ZZ" : longest->country)
                << asked.to_string() << "\n"
                << countries;
            ASSERT_EQ(tag_table->find(asked), wanted) << asked.to_string() << "\n" << tags;
        }
    }
}

TEST(AttributeFile, ManyPrefixesStayWithinTheirMemory) {
    std::string text = "prefix,country\n";
    constexpr std::size_t each = 50'000;
    for (std::uint32_t n = 0; n < each; ++n) {
        // Every other prefix, so that none touches the next one.
        text += fmt::format("{},D{}\n", net::Prefix::of(net::Address::v4(n << 15U), 20).to_string(),
                            static_cast<char>('A' + n % 26));
        text += fmt::format("2a{:02x}:{:x}::/33,F{}\n", n >> 12U, (n & 0xfffU) << 4U,
                            static_cast<char>('A' + n % 26));
    }
    const auto table = read_countries(text, "c.csv");
    ASSERT_TRUE(table) << table.error().message();
    EXPECT_EQ(table->size(), 2 * each);
    EXPECT_LE(table->bytes(), each * (12 + 36) + (5U << 18U) + 1024);
}

TEST(AttributeQuestion, AsksTheTables) {
    Tables tables;
    tables.countries = std::make_shared<CountryTable>(
        read_countries("prefix,country\n192.0.2.0/24,DE\n198.51.100.0/24,NO\n", "c").value());
    tables.reputations = std::make_shared<ReputationTable>(
        read_reputations("prefix,tags\n192.0.2.128/25,botnet\n", "t").value());
    const auto holds = [&](const model::AttributeMatch& match, const char* text) {
        return Question::of(match, tables).holds_for(address(text), tables);
    };
    EXPECT_TRUE(holds({{"DE", "AT"}, false, {}}, "192.0.2.1"));
    EXPECT_FALSE(holds({{"DE"}, false, {}}, "198.51.100.1"));
    EXPECT_FALSE(holds({{"DE"}, false, {}}, "203.0.113.1"));
    EXPECT_TRUE(holds({{"ZZ"}, false, {}}, "203.0.113.1"));
    EXPECT_FALSE(holds({{"DE"}, true, {}}, "192.0.2.1"));
    EXPECT_TRUE(holds({{"DE"}, true, {}}, "203.0.113.1")) << "in no country is not in Germany";
    EXPECT_FALSE(holds({{"DE", "ZZ"}, true, {}}, "203.0.113.1"));
    EXPECT_TRUE(holds({{}, false, {"scanner", "botnet"}}, "192.0.2.200"));
    EXPECT_FALSE(holds({{}, false, {"scanner"}}, "192.0.2.200"));
    EXPECT_TRUE(holds({{"DE"}, false, {"botnet"}}, "192.0.2.200"));
    EXPECT_FALSE(holds({{"NO"}, false, {"botnet"}}, "192.0.2.200"));
    EXPECT_TRUE(holds({}, "203.0.113.1")) << "asks for nothing";
    const Tables none;
    for (const bool others : {false, true}) {
        const model::AttributeMatch match{{"DE"}, others, {}};
        EXPECT_FALSE(Question::of(match, none).holds_for(address("192.0.2.1"), none))
            << "without a table nothing is known, so nothing matches";
    }
}

TEST(AttributeGaps, AreToldOnceATenant) {
    Tables tables;
    Gaps gaps;
    const auto tenant = [&](const std::vector<model::AttributeMatch>& filters) {
        bool countries = false;
        bool reputations = false;
        for (const auto& filter : filters) gaps.add(filter, tables, countries, reputations);
    };
    EXPECT_EQ(gaps.text(), "");
    tenant({{{"DE"}, false, {}}, {{"NO"}, true, {}}});
    tenant({{{"DE"}, false, {"botnet"}}});
    tenant({{}});
    EXPECT_EQ(
        gaps.text(),
        "2 of the tenants ask for countries and this gateway has no table of them: these filters and rules "
        "match nothing; 1 of the tenants ask for reputations and this gateway has no table of them: these "
        "filters and rules match nothing");
    tables.countries =
        std::make_shared<CountryTable>(read_countries("prefix,country\n192.0.2.0/24,DE\n", "c").value());
    tables.reputations = std::make_shared<ReputationTable>(
        read_reputations("prefix,tags\n192.0.2.128/25,botnet\n", "t").value());
    gaps = {};
    tenant({{{"XX"}, false, {"botnet", "botnett"}}});
    EXPECT_EQ(gaps.text(), "no line of the table of reputations has the tag botnett");
}

}  // namespace sluice::dataplane::attributes
