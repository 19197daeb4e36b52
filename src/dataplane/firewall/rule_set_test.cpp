#include "dataplane/firewall/rule_set.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <random>
#include <string>

#include "dataplane/attributes/attribute_file.hpp"
#include "dataplane/firewall/rule_judge.hpp"

namespace sluice::dataplane::firewall {
namespace {

using model::FirewallProgram;
using model::FirewallRule;
using model::RuleAction;
using model::ServiceMatch;
using Random = std::mt19937_64;

net::Address address(std::string_view text) {
    return net::Address::parse(text).value();
}
net::Prefix prefix(std::string_view text) {
    return net::Prefix::parse(text).value();
}
ServiceMatch tcp(std::uint16_t first, std::uint16_t last) {
    ServiceMatch service;
    service.protocol = 6;
    service.destination_port = {first, last};
    return service;
}
Question question(std::string_view from, std::string_view to, std::uint16_t port, std::uint8_t protocol = 6) {
    Question asked;
    asked.source = address(from);
    asked.destination = address(to);
    asked.source_port = 40'000;
    asked.destination_port = port;
    asked.protocol = protocol;
    asked.from = 1;
    return asked;
}

FirewallProgram program_of(std::vector<FirewallRule> rules) {
    FirewallProgram program;
    program.enabled = true;
    program.zones = {"internet", "inside", "dmz"};
    program.rules = std::move(rules);
    return program;
}

// --- what rules mean, one by one -------------------------------------------------------------------------

TEST(RuleSet, FirstMatchWins) {
    FirewallRule web{.name = "web", .destinations = {prefix("192.0.2.0/24")}, .services = {tcp(80, 443)}};
    web.action = RuleAction::allow;
    FirewallRule rest{.name = "rest"};
    rest.action = RuleAction::reject;
    rest.log = true;
    const RuleSet set = RuleSet::compile(program_of({web, rest})).value();
    EXPECT_EQ(set.classify(question("10.0.0.1", "192.0.2.1", 80)), (Match{0, RuleAction::allow, false}));
    EXPECT_EQ(set.classify(question("10.0.0.1", "192.0.2.1", 443)), (Match{0, RuleAction::allow, false}));
    EXPECT_EQ(set.classify(question("10.0.0.1", "192.0.2.1", 79)), (Match{1, RuleAction::reject, true}));
    EXPECT_EQ(set.classify(question("10.0.0.1", "192.0.2.1", 444)), (Match{1, RuleAction::reject, true}));
    EXPECT_EQ(set.classify(question("10.0.0.1", "192.0.3.1", 80)), (Match{1, RuleAction::reject, true}));
    EXPECT_EQ(set.classify(question("2001:db8::1", "2001:db8::2", 80)), (Match{1, RuleAction::reject, true}));
}

TEST(RuleSet, WithoutRulesNothingMatches) {
    EXPECT_EQ(RuleSet{}.classify(question("10.0.0.1", "192.0.2.1", 80)), Match{});
    EXPECT_EQ(RuleSet::compile(program_of({})).value().classify(question("10.0.0.1", "192.0.2.1", 80)),
              Match{});
}

TEST(RuleSet, APrefixIsOfItsOwnFamily) {
    FirewallRule six{.name = "six", .sources = {prefix("::/0")}};
    FirewallRule four{.name = "four", .sources = {prefix("0.0.0.0/0")}};
    const RuleSet set = RuleSet::compile(program_of({six, four})).value();
    EXPECT_EQ(set.classify(question("10.0.0.1", "192.0.2.1", 80)).rule, 1U);
    EXPECT_EQ(set.classify(question("255.255.255.255", "192.0.2.1", 80)).rule, 1U);
    EXPECT_EQ(set.classify(question("2001:db8::1", "2001:db8::2", 80)).rule, 0U);
    EXPECT_EQ(set.classify(question("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db8::2", 80)).rule, 0U);
}

TEST(RuleSet, PacketsWithoutTransportHeaderMatchOnlyWholeProtocols) {
    FirewallRule dns{.name = "web", .services = {tcp(80, 80)}};
    FirewallRule all{.name = "all tcp", .services = {tcp(0, 65535)}};
    const RuleSet set = RuleSet::compile(program_of({dns, all})).value();
    Question fragment = question("10.0.0.1", "192.0.2.1", 0);
    fragment.has_transport = false;
    EXPECT_EQ(set.classify(fragment).rule, 1U);
    fragment.protocol = 47;
    EXPECT_EQ(set.classify(fragment).rule, no_rule_matched);
}

TEST(RuleSet, UsersAndTimes) {
    FirewallRule staff{
        .name = "staff", .users = {"staff", "alice"}, .windows = {{60, 120}, {10'000, 10'080}}};
    const RuleSet set = RuleSet::compile(program_of({staff})).value();
    Question asked = question("10.0.0.1", "192.0.2.1", 80);
    asked.minute_of_week = 60;
    EXPECT_EQ(set.classify(asked).rule, no_rule_matched);
    const std::vector<UserId> alice{user_id("guests"), user_id("alice")};
    asked.users = alice;
    EXPECT_EQ(set.classify(asked).rule, 0U);
    asked.minute_of_week = 120;
    EXPECT_EQ(set.classify(asked).rule, no_rule_matched);
    asked.minute_of_week = 10'079;
    EXPECT_EQ(set.classify(asked).rule, 0U);
    EXPECT_TRUE(set.names_users());
    EXPECT_EQ(set.minutes_until_change(0), 60);
    EXPECT_EQ(set.minutes_until_change(60), 60);
    EXPECT_EQ(set.minutes_until_change(119), 1);
    EXPECT_EQ(set.minutes_until_change(120), 9880);
    EXPECT_EQ(set.minutes_until_change(10'079), 1);
    EXPECT_EQ(RuleSet{}.minutes_until_change(0), 0);
}

TEST(RuleSet, AnEndIsWithinThePrefixesOrWhatTheTablesSay) {
    FirewallRule rule{.name = "either", .sources = {prefix("10.0.0.0/8")}};
    rule.source_is = {{{"DE"}, false, {}}, {{}, false, {"botnet"}}};
    attributes::Tables tables;
    tables.countries = std::make_shared<attributes::CountryTable>(
        attributes::read_countries("prefix,country\n192.0.2.0/24,DE\n", "c").value());
    const auto classified = [&](const char* source, const attributes::Tables& asked_tables) {
        const RuleSet set = RuleSet::compile(program_of({rule}), {}, asked_tables).value();
        EXPECT_TRUE(set.asks_source());
        EXPECT_FALSE(set.asks_destination());
        Question asked = question(source, "198.51.100.1", 80);
        asked.source_is = attributes::facts_of(asked_tables, asked.source);
        return set.classify(asked).rule;
    };
    EXPECT_EQ(classified("10.0.0.1", tables), 0U);
    EXPECT_EQ(classified("192.0.2.1", tables), 0U);
    EXPECT_EQ(classified("192.0.3.1", tables), no_rule_matched);
    EXPECT_EQ(classified("10.0.0.1", {}), 0U);
    EXPECT_EQ(classified("192.0.2.1", {}), no_rule_matched) << "without the table nothing is in DE";
}

TEST(RuleSet, RefusesWhatHasNoMeaning) {
    const auto error = [](FirewallRule rule) {
        rule.name = "bad";
        const auto set = RuleSet::compile(program_of({rule}));
        EXPECT_FALSE(set.has_value());
        return set ? std::string() : set.error().message();
    };
    EXPECT_EQ(error({.from = {3}}), "rule 'bad': zone number 3 does not exist (the program has 3 zones)");
    EXPECT_NE(error({.services = {tcp(2, 1)}}).find("ends before it begins"), std::string::npos);
    EXPECT_NE(error({.windows = {{5, 5}}}).find("ends before it begins"), std::string::npos);
    ServiceMatch gre = tcp(1, 1);
    gre.protocol = 47;
    EXPECT_NE(error({.services = {gre}}).find("no ports"), std::string::npos);
    ServiceMatch typed = tcp(0, 65535);
    typed.icmp_type = 8;
    EXPECT_NE(error({.services = {typed}}).find("no ICMP types"), std::string::npos);
    EXPECT_NE(error({.source_is = {{}}}).find("asks for nothing"), std::string::npos);
    EXPECT_NE(error({.source_is = {{{"d"}, false, {}}}}).find("no code"), std::string::npos);
    const model::AttributeMatch some{{"DE"}, false, {}};
    EXPECT_NE(error({.destination_is = std::vector(65, some)}).find("more than 64"), std::string::npos);
    RuleSet::Limits tight;
    tight.rules = 1;
    EXPECT_FALSE(RuleSet::compile(program_of({{.name = "a"}, {.name = "b"}}), tight).has_value());
    tight = {};
    tight.bytes = 500;
    EXPECT_FALSE(RuleSet::compile(program_of({{.name = "a"}}), tight).has_value());
}

// --- against the plain judge -----------------------------------------------------------------------------

// Rule sets of one kind: how addresses, ports and the rest are drawn.
struct Taste {
    std::size_t rules;
    unsigned ipv6_percent;    // of prefixes
    unsigned crowded;         // addresses come from so many bits: the fewer, the more overlap
    bool only_edges;          // ports 0, 1, 65534, 65535 and neighbours
    unsigned list_length;     // of prefixes and services
    unsigned exotic_percent;  // source ports, ICMP codes, users, times, countries, reputations
};

std::uint32_t below(Random& random, std::uint32_t n) {
    return static_cast<std::uint32_t>(random() % n);
}

net::Address any_address(Random& random, bool ipv6, unsigned bits) {
    const std::uint64_t mask = (1ULL << bits) - 1;
    // At times the ends of the space.
    const std::uint32_t end = below(random, 20);
    if (!ipv6) {
        if (end == 0) return net::Address::v4(0);
        if (end == 1) return net::Address::v4(0xffffffff);
        return net::Address::v4(0x0a000000U | static_cast<std::uint32_t>(random() & mask));
    }
    std::array<std::uint8_t, 16> bytes{0x20, 0x01, 0x0d, 0xb8};
    if (end == 0) return net::Address{};
    if (end == 1) bytes.fill(0xff);
    if (end > 1) {
        bytes[7] = static_cast<std::uint8_t>(random() & mask);
        bytes[8] = static_cast<std::uint8_t>((random() & mask) << 4U);
        bytes[15] = static_cast<std::uint8_t>(random() & mask);
    }
    return net::Address::v6_from(bytes.data());
}

net::Prefix any_prefix(Random& random, const Taste& taste) {
    const bool ipv6 = below(random, 100) < taste.ipv6_percent;
    static constexpr std::array<unsigned, 9> lengths4{0, 1, 8, 16, 20, 24, 30, 31, 32};
    static constexpr std::array<unsigned, 11> lengths6{0, 1, 32, 48, 63, 64, 65, 68, 96, 127, 128};
    const unsigned length =
        ipv6 ? lengths6[below(random, lengths6.size())] : lengths4[below(random, lengths4.size())];
    return net::Prefix::of(any_address(random, ipv6, taste.crowded), length);
}

std::uint16_t any_port(Random& random, const Taste& taste) {
    static constexpr std::array<std::uint16_t, 8> edges{0, 1, 2, 1023, 1024, 65533, 65534, 65535};
    if (taste.only_edges || below(random, 8) == 0) return edges[below(random, edges.size())];
    return static_cast<std::uint16_t>(below(random, 2) == 0 ? below(random, 200) : random());
}

model::PortRange any_range(Random& random, const Taste& taste) {
    std::uint16_t a = any_port(random, taste);
    std::uint16_t b = below(random, 2) == 0 ? a : any_port(random, taste);
    if (a > b) std::swap(a, b);
    return {a, b};
}

std::uint8_t any_protocol(Random& random) {
    static constexpr std::array<std::uint8_t, 8> protocols{6, 6, 6, 17, 17, 1, 58, 47};
    return below(random, 30) == 0 ? static_cast<std::uint8_t>(random())
                                  : protocols[below(random, protocols.size())];
}

ServiceMatch any_service(Random& random, const Taste& taste) {
    ServiceMatch service;
    service.protocol = below(random, 10) == 0 ? 0 : any_protocol(random);
    const bool exotic = below(random, 100) < taste.exotic_percent;
    if (service.protocol == 0 || has_ports(service.protocol)) {
        if (below(random, 5) != 0) service.destination_port = any_range(random, taste);
        if (exotic) service.source_port = any_range(random, taste);
    } else if (is_icmp(service.protocol) && below(random, 3) != 0) {
        service.icmp_type =
            static_cast<std::uint16_t>(below(random, 2) == 0 ? below(random, 12) : random() & 0xff);
        if (exotic) service.icmp_code = static_cast<std::uint16_t>(below(random, 4));
    }
    return service;
}

constexpr std::array<const char*, 4> some_countries{"DE", "NO", "AA", "ZZ"};
constexpr std::array<const char*, 4> some_tags{"botnet", "scanner", "tor", "nobodys"};

std::vector<model::AttributeMatch> any_matches(Random& random) {
    std::vector<model::AttributeMatch> out(1 + below(random, 3));
    for (model::AttributeMatch& match : out) {
        for (std::uint32_t n = below(random, 3); n > 0; --n)
            match.countries.emplace_back(some_countries[below(random, some_countries.size())]);
        match.other_countries = !match.countries.empty() && below(random, 2) == 0;
        if (match.countries.empty() || below(random, 3) == 0)
            match.reputations.emplace_back(some_tags[below(random, some_tags.size())]);
    }
    return out;
}

// Now and then there is none.
attributes::Tables any_tables(Random& random, const Taste& taste) {
    const auto text = [&](std::string lines, const auto& values, std::size_t count) {
        std::map<std::string, std::string> known;
        for (std::uint32_t n = below(random, 40); n > 0; --n)
            known.emplace(any_prefix(random, taste).to_string(), values[below(random, count)]);
        for (const auto& [prefix, value] : known) lines += prefix + "," + value + "\n";
        return lines;
    };
    attributes::Tables out;
    if (below(random, 6) != 0)
        out.countries = std::make_shared<attributes::CountryTable>(
            attributes::read_countries(text("prefix,country\n", some_countries, 3), "c").value());
    if (below(random, 6) != 0)
        out.reputations = std::make_shared<attributes::ReputationTable>(
            attributes::read_reputations(text("prefix,tags\n", some_tags, 3), "r").value());
    return out;
}

FirewallRule any_rule(Random& random, const Taste& taste, std::size_t zones) {
    FirewallRule rule;
    rule.name = "rule";
    const auto zone_list = [&](std::vector<model::ZoneIndex>& list) {
        for (std::uint32_t n = below(random, 3); n > 0; --n) {
            list.push_back(below(random, 10) == 0 ? model::any_zone
                                                  : static_cast<model::ZoneIndex>(
                                                        below(random, static_cast<std::uint32_t>(zones))));
        }
    };
    zone_list(rule.from);
    zone_list(rule.to);
    for (auto* list : {&rule.sources, &rule.destinations}) {
        if (below(random, 3) == 0) continue;
        for (std::uint32_t n = 1 + below(random, taste.list_length); n > 0; --n) {
            list->push_back(any_prefix(random, taste));
        }
    }
    if (below(random, 5) != 0) {
        for (std::uint32_t n = 1 + below(random, taste.list_length); n > 0; --n) {
            rule.services.push_back(any_service(random, taste));
        }
    }
    if (below(random, 100) < taste.exotic_percent) {
        rule.users.push_back("user " + std::to_string(below(random, 5)));
        if (below(random, 2) == 0) rule.users.push_back("group " + std::to_string(below(random, 3)));
    }
    if (below(random, 100) < taste.exotic_percent) {
        const auto first = static_cast<std::uint16_t>(below(random, 10'079));
        rule.windows.push_back(
            {first, static_cast<std::uint16_t>(first + 1 + below(random, 10'080U - first))});
    }
    if (below(random, 100) < taste.exotic_percent) rule.source_is = any_matches(random);
    if (below(random, 100) < taste.exotic_percent) rule.destination_is = any_matches(random);
    rule.action = static_cast<RuleAction>(below(random, 3));
    rule.log = below(random, 2) == 0;
    return rule;
}

// An address at or beside the border of a rule's prefix, or any.
net::Address asked_address(Random& random, const std::vector<net::Prefix>& list, bool ipv6,
                           const Taste& taste) {
    if (list.empty() || below(random, 3) == 0) return any_address(random, ipv6, taste.crowded);
    const net::Prefix& chosen = list[below(random, static_cast<std::uint32_t>(list.size()))];
    if (chosen.is_v4() == ipv6) return any_address(random, ipv6, taste.crowded);
    std::array<std::uint8_t, 16> bytes = chosen.address().bytes();
    const bool last = below(random, 2) == 0;
    for (unsigned bit = chosen.bits(); last && bit < 128; ++bit) {
        bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] | 0x80U >> bit % 8);
    }
    // One before or behind.
    const int step = static_cast<int>(below(random, 3)) - 1;
    for (int i = 15, carry = step; i >= (ipv6 ? 0 : 12) && carry != 0; --i) {
        const int value = bytes[static_cast<std::size_t>(i)] + carry;
        bytes[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(value);
        carry = value < 0 ? -1 : value > 255 ? 1 : 0;
    }
    return net::Address::v6_from(bytes.data());
}

std::uint16_t asked_port(Random& random, const model::PortRange& range, const Taste& taste) {
    switch (below(random, 4)) {
        case 0:
            return static_cast<std::uint16_t>(range.first - 1 + below(random, 3));
        case 1:
            return static_cast<std::uint16_t>(range.last - 1 + below(random, 3));
        default:
            return any_port(random, taste);
    }
}

struct Asked {
    Question question;
    std::vector<UserId> users;
};

Asked any_question(Random& random, const FirewallProgram& program, const Taste& taste) {
    static const FirewallRule none;
    const FirewallRule& rule =
        program.rules.empty()
            ? none
            : program.rules[below(random, static_cast<std::uint32_t>(program.rules.size()))];
    const bool ipv6 = below(random, 100) < taste.ipv6_percent;
    Asked asked;
    Question& question = asked.question;
    question.source = asked_address(random, rule.sources, ipv6, taste);
    question.destination = asked_address(random, rule.destinations, ipv6, taste);
    question.protocol = any_protocol(random);
    question.source_port = any_port(random, taste);
    question.destination_port = any_port(random, taste);
    if (!rule.services.empty()) {
        const ServiceMatch& service =
            rule.services[below(random, static_cast<std::uint32_t>(rule.services.size()))];
        if (service.protocol != 0) question.protocol = service.protocol;
        question.source_port = asked_port(random, service.source_port, taste);
        question.destination_port = asked_port(random, service.destination_port, taste);
        if (is_icmp(question.protocol)) {
            question.source_port = static_cast<std::uint16_t>(
                service.icmp_type < 256 && below(random, 2) == 0 ? service.icmp_type : random() & 0xff);
            question.destination_port = static_cast<std::uint16_t>(below(random, 5));
        }
    }
    question.has_transport = below(random, 12) != 0;
    question.from =
        static_cast<model::ZoneIndex>(below(random, static_cast<std::uint32_t>(program.zones.size()) + 1));
    question.to =
        below(random, 30) == 0
            ? model::any_zone
            : static_cast<model::ZoneIndex>(below(random, static_cast<std::uint32_t>(program.zones.size())));
    question.minute_of_week = static_cast<std::uint16_t>(below(random, 10'080));
    for (std::uint32_t n = below(random, 3); n > 0; --n) {
        asked.users.push_back(user_id((n == 1 ? "user " : "group ") + std::to_string(below(random, 5))));
    }
    return asked;
}

// How many of the questions a rule matched.
std::size_t compare_with_judge(Random& random, const Taste& taste, std::size_t questions) {
    FirewallProgram program;
    for (std::uint32_t n = 1 + below(random, 6); n > 0; --n) program.zones.push_back("zone");
    for (std::size_t i = 0; i < taste.rules; ++i) {
        program.rules.push_back(any_rule(random, taste, program.zones.size()));
    }
    const attributes::Tables tables = any_tables(random, taste);
    const auto set = RuleSet::compile(program, {}, tables);
    EXPECT_TRUE(set.has_value()) << set.error().message();
    if (!set) return 0;
    std::size_t matched = 0;
    for (std::size_t i = 0; i < questions; ++i) {
        Asked asked = any_question(random, program, taste);
        asked.question.users = asked.users;
        asked.question.source_is = attributes::facts_of(tables, asked.question.source);
        asked.question.destination_is = attributes::facts_of(tables, asked.question.destination);
        const Match expected = judge(program, asked.question, tables);
        const Match found = set->classify(asked.question);
        EXPECT_EQ(found.rule, expected.rule)
            << taste.rules << " rules, question " << i << ": " << asked.question.source.to_string() << " > "
            << asked.question.destination.to_string() << " protocol " << int{asked.question.protocol} << " "
            << asked.question.source_port << " > " << asked.question.destination_port;
        EXPECT_EQ(found, expected);
        if (found != expected) return 0;
        matched += found.rule != no_rule_matched ? 1U : 0U;
    }
    return matched;
}

TEST(RuleSet, AgreesWithTheJudgeOnAMillionQuestions) {
    const char* given = std::getenv("SLUICE_SEED");
    const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : 20261121;
    std::printf("seed %llu (SLUICE_SEED)\n", static_cast<unsigned long long>(seed));
    Random random(seed);
    // rules, IPv6 %, address bits, edges, lists, exotic %: around the sizes at which a vector's form changes.
    constexpr std::array<Taste, 14> tastes{{
        {1, 30, 4, true, 1, 50},
        {5, 50, 8, true, 3, 30},
        {20, 30, 4, false, 3, 20},
        {50, 30, 8, false, 2, 10},
        {63, 0, 3, true, 4, 0},
        {64, 100, 3, true, 1, 0},
        {65, 50, 4, false, 1, 0},
        {100, 40, 8, false, 3, 25},
        {256, 50, 6, true, 2, 10},
        {257, 50, 2, false, 4, 10},
        {700, 50, 8, false, 3, 15},
        {1000, 30, 8, false, 4, 5},
        {4000, 50, 8, false, 2, 2},
        {5000, 40, 3, true, 1, 20},
    }};
    std::size_t asked = 0;
    std::size_t matched = 0;
    while (asked < 1'000'000 && !testing::Test::HasFailure()) {
        for (const Taste& taste : tastes) {
            const std::size_t questions = taste.rules > 500 ? 2'000 : 10'000;
            matched += compare_with_judge(random, taste, questions);
            asked += questions;
        }
    }
    std::printf("%zu questions, %zu matched a rule\n", asked, matched);
    EXPECT_GT(matched, asked / 5);
}

}  // namespace
}  // namespace sluice::dataplane::firewall
