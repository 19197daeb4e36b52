#include "dataplane/explain/explainer.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/time_text.hpp"
#include "dataplane/attributes/attribute_file.hpp"
#include "packet/packet_text.hpp"

namespace sluice::dataplane::explain {
namespace {

using model::DropReason;
using model::Verdict;

// A Thursday at noon.
const base::Timestamp noon = base::Timestamp(std::chrono::hours(24 * 365 * 50 + 12));

net::Prefix prefix(const char* text) {
    return *net::Prefix::parse(text);
}

model::FirewallRule allow(const char* name, model::ZoneIndex from, model::ZoneIndex to, std::uint16_t tcp) {
    model::FirewallRule rule;
    rule.name = name;
    rule.action = model::RuleAction::allow;
    rule.from = {from};
    rule.to = {to};
    model::ServiceMatch service;
    service.protocol = 6;
    service.destination_port = {tcp, tcp};
    rule.services = {service};
    return rule;
}

// Two networks, a published server, a pool; traffic to .50 is scrubbed.
model::TenantProgram company() {
    model::TenantProgram program;
    program.tenant = model::TenantId(7);
    program.prefixes = {prefix("203.0.113.0/24")};
    auto& firewall = program.firewall;
    firewall.enabled = true;
    firewall.zones = {"internet", "inside", "dmz"};
    model::Attachment inside;
    inside.name = "office";
    inside.zone = 1;
    inside.kind = model::AttachmentKind::vlan;
    inside.vlan = 10;
    inside.prefixes = {prefix("10.0.0.0/16")};
    model::Attachment dmz;
    dmz.name = "servers";
    dmz.zone = 2;
    dmz.kind = model::AttachmentKind::qinq;
    dmz.vlan = 20;
    dmz.inner_vlan = 21;
    dmz.prefixes = {prefix("10.1.0.0/16")};
    firewall.attachments = {inside, dmz};
    firewall.rules = {allow("web-in", 0, 2, 443), allow("surf", 1, 0, 443)};
    model::NatRule web;
    web.name = "web";
    web.kind = model::NatKind::destination;
    web.match = {prefix("203.0.113.9/32")};
    web.service.protocol = 6;
    web.service.destination_port = {443, 443};
    web.translated = {prefix("10.1.0.80/32")};
    web.translated_port = 8443;
    model::NatRule pool;
    pool.name = "out";
    pool.kind = model::NatKind::source;
    pool.from = {1};
    pool.to = {0};
    pool.translated = {prefix("203.0.113.77/32")};
    firewall.nat = {web, pool};
    return program;
}

// Without a firewall; traffic to .50 is scrubbed.
model::TenantProgram scrubbed() {
    model::TenantProgram program;
    program.tenant = model::TenantId(7);
    program.prefixes = {prefix("203.0.113.0/24")};
    model::ScrubTarget target;
    target.prefix = prefix("203.0.113.50/32");
    target.mitigation = model::MitigationId(3);
    target.profile.verify_tcp = model::TcpVerification::all;
    target.profile.reflection = {model::AttackVector::ntp};
    target.profile.udp_limit.packets_per_s = 10;
    program.targets = {target};
    return program;
}

class Asking {
  public:
    explicit Asking(model::TenantProgram program, std::vector<model::UserBinding> users = {}) {
        Explainer::Config config;
        config.users = std::move(users);
        auto made = Explainer::make(std::move(program), noon, std::move(config));
        EXPECT_TRUE(made.has_value()) << (made ? "" : made.error().message());
        if (made) explainer_.emplace(std::move(*made));
    }
    Explanation operator()(std::string_view packet, Explainer::Origin from = std::nullopt,
                           std::chrono::seconds later = {}) {
        auto out = explainer_->explain_text(packet, from, noon + later);
        EXPECT_TRUE(out.has_value()) << (out ? "" : out.error().message());
        return out.value_or(Explanation{});
    }
    std::optional<Explainer> explainer_;
};

std::string path_of(const Explanation& one) {
    std::string out;
    for (const Step& step : one.path) out += std::string(step.stage) + ": " + step.text + "\n";
    return out;
}

bool suggests(const Explanation& one, std::string_view text) {
    return std::ranges::any_of(one.changes, [&](const std::string& change) { return change == text; });
}

TEST(Explainer, WhoIsLoggedInIsSaidAndDecides) {
    auto program = company();
    model::FirewallRule finance;
    finance.name = "finance-only";
    finance.action = model::RuleAction::allow;
    finance.users = {"finance"};
    finance.services = {{.protocol = 6, .destination_port = {9443, 9443}}};
    program.firewall.rules.insert(program.firewall.rules.begin(), finance);
    const std::string packet = "tcp 10.0.2.7:4242 > 198.18.0.5:9443 syn";
    Asking nobody(program);
    const auto refused = nobody(packet);
    EXPECT_NE(refused.rule, "finance-only");
    EXPECT_EQ(refused.user, "");
    EXPECT_NE(path_of(refused).find("firewall: Nobody is logged in at 10.0.2.7.\n"), std::string::npos)
        << path_of(refused);
    Asking ask(program, {{model::TenantId(7),
                          prefix("10.0.2.7/32"),
                          "anna",
                          {"finance"},
                          noon,
                          noon + std::chrono::hours(1)}});
    const auto one = ask(packet);
    EXPECT_EQ(one.verdict, Verdict::pass);
    EXPECT_EQ(one.rule, "finance-only");
    EXPECT_EQ(one.user, "anna");
    EXPECT_NE(path_of(one).find("firewall: 'anna' is logged in at 10.0.2.7.\n"), std::string::npos);
    EXPECT_EQ(ask(packet, std::nullopt, std::chrono::hours(2)).verdict, refused.verdict)
        << "the log-in is over";
}

TEST(Explainer, APublishedServersConnection) {
    Asking ask(company());
    const auto one = ask("tcp 198.18.0.5:4242 > 203.0.113.9:443 syn");
    EXPECT_EQ(one.verdict, Verdict::pass);
    EXPECT_EQ(one.from, "internet");
    EXPECT_EQ(one.to, "servers");
    EXPECT_EQ(one.rule, "web-in");
    EXPECT_EQ(one.sent, "tcp 198.18.0.5:4242 > 10.1.0.80:8443 syn ttl 63 vlan 20 vlan 21");
    EXPECT_EQ(path_of(one),
              "parse: The packet is whole: tcp 198.18.0.5:4242 > 203.0.113.9:443 syn.\n"
              "tenant: It comes from the internet, and 203.0.113.9 is the customer's (203.0.113.0/24).\n"
              "flow: It belongs to no open connection.\n"
              "firewall: Rule 'web-in' allows it, from zone 'internet' to zone 'dmz'.\n"
              "nat: Rule 'web' changes its destination from 203.0.113.9:443 to 10.1.0.80:8443.\n"
              "output: It leaves towards the network 'servers' (zone 'dmz').\n");
    EXPECT_TRUE(one.changes.empty());
}

TEST(Explainer, AnAnswerBelongsToItsConnection) {
    Asking ask(company());
    (void)ask("tcp 198.18.0.5:4242 > 203.0.113.9:443 syn seq 5");
    const auto answer = ask("tcp 10.1.0.80:8443 > 198.18.0.5:4242 syn ack seq 9 ack-number 6");
    EXPECT_EQ(answer.from, "servers") << "where its source belongs";
    EXPECT_EQ(answer.verdict, Verdict::pass);
    EXPECT_EQ(answer.rule, "web-in");
    EXPECT_EQ(answer.to, "internet");
    ASSERT_GE(answer.path.size(), 4U);
    EXPECT_EQ(answer.path[2].text,
              "It is an answer in the open connection 198.18.0.5:4242 > 203.0.113.9:443, which rule 'web-in' "
              "allows.");
    EXPECT_EQ(answer.path[3].text, "Rule 'web' changes its source from 10.1.0.80:8443 to 203.0.113.9:443.");
}

TEST(Explainer, NoRuleAndWhichOneIsNear) {
    Asking ask(company());
    const auto one = ask("tcp 10.0.0.5:4242 > 198.18.0.5:22 syn");
    EXPECT_EQ(one.verdict, Verdict::drop);
    EXPECT_EQ(one.reason, DropReason::no_rule);
    EXPECT_EQ(one.path.back().stage, "firewall");
    EXPECT_EQ(one.path.back().verdict, Verdict::drop);
    EXPECT_EQ(one.sentence, model::info(DropReason::no_rule).sentence);
    EXPECT_TRUE(suggests(one, "It would pass if rule 'surf' also allowed tcp port 22."));
    EXPECT_TRUE(one.sent.empty());

    const auto other = ask("tcp 10.1.0.80:4242 > 198.18.0.5:443 syn");
    EXPECT_TRUE(suggests(other, "It would pass if rule 'surf' also allowed traffic from zone 'dmz'."));

    const auto far = ask("udp 10.1.0.80:4242 > 10.0.0.5:53");
    EXPECT_TRUE(suggests(
        far, "It would pass with a rule of its own: from zone 'dmz' to zone 'inside', udp port 53."));
}

TEST(Explainer, ARuleThatStandsBeforeAnother) {
    auto program = company();
    model::FirewallRule no;
    no.name = "not-him";
    no.sources = {prefix("10.0.0.5/32")};
    no.action = model::RuleAction::reject;
    program.firewall.rules.insert(program.firewall.rules.begin(), no);
    Asking ask(program);
    const auto one = ask("tcp 10.0.0.5:4242 > 198.18.0.5:443 syn");
    EXPECT_EQ(one.verdict, Verdict::answer);
    EXPECT_EQ(one.reason, DropReason::rule_reject);
    EXPECT_EQ(one.rule, "not-him");
    EXPECT_TRUE(suggests(one, "It would pass by rule 'surf' if rule 'not-him' did not forbid it first."));
    EXPECT_EQ(one.sent, "tcp 198.18.0.5:443 > 10.0.0.5:4242 ack rst ack-number 1 vlan 10");
}

TEST(Explainer, ARuleOutsideItsHours) {
    auto program = company();
    program.firewall.rules[1].windows = {{0, 60}};  // Mondays, 00:00 to 01:00 UTC
    Asking ask(program);
    const auto one = ask("tcp 10.0.0.5:4242 > 198.18.0.5:443 syn");
    EXPECT_EQ(one.reason, DropReason::no_rule);
    ASSERT_EQ(one.changes.size(), 1U);
    EXPECT_EQ(one.changes[0].substr(0, 17), "It would pass at ");
    const auto opens = *base::parse_rfc3339(one.changes[0].substr(17, 24));
    EXPECT_GT(opens, noon);
    Asking then(program);
    EXPECT_EQ(then("tcp 10.0.0.5:4242 > 198.18.0.5:443 syn", std::nullopt,
                   std::chrono::duration_cast<std::chrono::seconds>(opens - noon))
                  .verdict,
              Verdict::pass);
}

TEST(Explainer, ASourceOutOfPlace) {
    Asking ask(company());
    const auto one = ask("tcp 10.0.0.5:4242 > 203.0.113.9:443 syn", "internet");
    EXPECT_EQ(one.reason, DropReason::spoofed_source);
    const auto two = ask("tcp 10.0.0.5:4242 > 198.18.0.5:443 syn", "servers");
    EXPECT_EQ(two.reason, DropReason::spoofed_source);
    EXPECT_TRUE(
        suggests(two, "Its source belongs to the customer's network 'office'; from there it would pass."));
}

TEST(Explainer, ASegmentOutOfNowhere) {
    Asking ask(company());
    const auto one = ask("tcp 10.0.0.5:4242 > 198.18.0.5:443 ack");
    EXPECT_EQ(one.reason, DropReason::tcp_state);
    ASSERT_EQ(one.changes.size(), 1U);
    EXPECT_EQ(
        one.changes[0],
        "It would pass within its connection: a first segment (syn) from the same sender passes, by rule "
        "'surf'.");
}

TEST(Explainer, WhatIsNobodysSaysNothingOfOthers) {
    Asking ask(company());
    const auto one = ask("tcp 198.18.0.5:4242 > 192.0.2.1:443 syn");
    EXPECT_EQ(one.reason, DropReason::unknown_destination);
    EXPECT_EQ(one.path.size(), 2U);
    EXPECT_TRUE(one.changes.empty());
}

TEST(Explainer, ASenderThatHasNotShownItsAddress) {
    Asking ask(scrubbed());
    const auto syn = ask("tcp 198.18.0.5:4242 > 203.0.113.50:443 syn");
    EXPECT_EQ(syn.verdict, Verdict::answer);
    EXPECT_EQ(syn.path.back().stage, "verify");
    ASSERT_EQ(syn.changes.size(), 1U);
    EXPECT_TRUE(syn.changes[0].starts_with("It would pass after the source has shown its address"));
    const auto data = ask("tcp 198.18.0.5:4242 > 203.0.113.50:443 ack seq 8");
    EXPECT_EQ(data.reason, DropReason::not_verified);
    EXPECT_EQ(data.changes, syn.changes);
}

TEST(Explainer, AConnectionThatBeginsWithACookie) {
    auto program = company();
    model::ScrubTarget target;
    target.prefix = prefix("203.0.113.9/32");
    target.mitigation = model::MitigationId(3);
    target.profile.verify_tcp = model::TcpVerification::all;
    target.profile.tcp_method = model::TcpMethod::splice;
    program.targets = {target};
    Asking ask(program);
    const auto syn = ask("tcp 198.18.0.5:4242 > 203.0.113.9:443 syn seq 7");
    EXPECT_EQ(syn.verdict, Verdict::answer);
    EXPECT_EQ(syn.path.back().stage, "verify");
    EXPECT_TRUE(syn.sentence.starts_with("The gateway answers in the server's place")) << syn.sentence;
    ASSERT_EQ(syn.changes.size(), 1U);
    EXPECT_TRUE(syn.changes[0].starts_with("Its connection is opened when the sender acknowledges"));
    const auto cookie = static_cast<std::uint32_t>(std::stoul(syn.sent.substr(syn.sent.find(" seq ") + 5)));
    const auto third =
        ask(fmt::format("tcp 198.18.0.5:4242 > 203.0.113.9:443 ack seq 8 ack-number {}", cookie + 1));
    EXPECT_EQ(third.verdict, Verdict::pass);
    EXPECT_EQ(third.rule, "web-in");
    EXPECT_NE(third.sent.find(" syn seq 7 "), std::string::npos) << third.sent;
    const auto tells = [&](const Explanation& told, std::string_view words) {
        return std::ranges::any_of(
            told.path, [&](const auto& step) { return step.text.find(words) != std::string::npos; });
    };
    EXPECT_TRUE(tells(third, "It gives back the gateway's cookie"));
    const auto answer = ask("tcp 10.1.0.80:8443 > 198.18.0.5:4242 syn ack seq 9 ack-number 8");
    EXPECT_EQ(answer.verdict, Verdict::pass);
    EXPECT_TRUE(tells(answer, "and shifts its numbers."));
}

TEST(Explainer, FiltersTemplatesAndRates) {
    auto program = scrubbed();
    model::PacketFilter telnet;
    telnet.name = "no-telnet";
    telnet.protocol = 6;
    telnet.destination_port_first = telnet.destination_port_last = 23;
    model::PacketFilter heavy;
    heavy.name = "heavy-1";
    heavy.source = prefix("198.18.9.0/24");
    heavy.dynamic = true;
    heavy.expires_at = noon + std::chrono::seconds(60);
    program.filters = {telnet, heavy};
    Asking ask(program);
    const auto one = ask("tcp 198.18.0.5:4242 > 203.0.113.1:23 syn");
    EXPECT_EQ(one.reason, DropReason::static_filter);
    EXPECT_TRUE(suggests(one, "It would pass without filter 'no-telnet'."));
    const auto two = ask("udp 198.18.9.5:4242 > 203.0.113.1:53");
    EXPECT_EQ(two.reason, DropReason::dynamic_filter);
    EXPECT_TRUE(suggests(two, "It would pass after " + base::to_rfc3339(heavy.expires_at) +
                                  ", when filter 'heavy-1' expires."));
    const auto three = ask("udp 198.18.0.5:123 > 203.0.113.50:4000 payload 400");
    EXPECT_EQ(three.reason, DropReason::reflection_template);
    EXPECT_EQ(three.rule, "ntp");
    EXPECT_TRUE(
        suggests(three, "It would pass if template 'ntp' were not in force against the present attack."));
    Explanation last;
    for (int i = 0; i < 60; ++i) last = ask("udp 198.18.0.5:4000 > 203.0.113.50:4000");
    EXPECT_EQ(last.reason, DropReason::udp_rate);
    EXPECT_TRUE(suggests(last, "It would pass below 10 packets a second."));
}

TEST(Explainer, SaysWhatTheTablesSayOfASource) {
    auto program = company();
    program.firewall = {};
    model::PacketFilter abroad;
    abroad.name = "abroad";
    abroad.source_is = {{"DE"}, true, {}};
    model::PacketFilter bots;
    bots.name = "bots";
    bots.source_is.reputations = {"botnet"};
    program.filters = {abroad, bots};
    const auto asked = [&](const attributes::Tables& tables, const char* packet) {
        Explainer::Config config;
        config.tables = tables;
        auto explainer = Explainer::make(program, noon, config);
        EXPECT_TRUE(explainer) << explainer.error().message();
        return explainer->explain_text(packet, {}, noon).value();
    };
    const auto says = [](const Explanation& one, const std::string& text) {
        return std::ranges::any_of(one.path, [&](const Step& step) { return step.text == text; });
    };
    attributes::Tables tables;
    const char* packet = "udp 198.18.0.5:4000 > 203.0.113.1:4000";
    const auto unknown = asked(tables, packet);
    EXPECT_EQ(unknown.verdict, Verdict::pass);
    EXPECT_TRUE(
        says(unknown,
             "Its source 198.18.0.5 is in a country that is not known here, as there is no table, and "
             "has a reputation that is not known here, as there is no table."))
        << path_of(unknown);
    tables.countries = std::make_shared<attributes::CountryTable>(
        attributes::read_countries("prefix,country\n198.18.0.0/24,NO\n198.18.1.0/24,DE\n", "c").value());
    tables.reputations = std::make_shared<attributes::ReputationTable>(
        attributes::read_reputations("prefix,tags\n198.18.1.9,botnet scanner\n", "t").value());
    const auto abroad_one = asked(tables, packet);
    EXPECT_EQ(abroad_one.rule, "abroad");
    EXPECT_TRUE(says(abroad_one, "Its source 198.18.0.5 is in NO, and has no reputation."))
        << path_of(abroad_one);
    EXPECT_TRUE(suggests(abroad_one, "It would pass without filter 'abroad'."));
    const auto bot = asked(tables, "udp 198.18.1.9:4000 > 203.0.113.1:4000");
    EXPECT_EQ(bot.rule, "bots");
    EXPECT_TRUE(says(bot, "Its source 198.18.1.9 is in DE, and is known for botnet, scanner."))
        << path_of(bot);
}

TEST(Explainer, SaysWhatTheTablesSayOfTheEndsThatRulesAskFor) {
    auto program = company();
    program.targets.clear();
    program.filters.clear();
    model::FirewallRule abroad;
    abroad.name = "abroad";
    abroad.source_is = {{{"RU", "CN"}, false, {}}};
    abroad.action = model::RuleAction::drop;
    model::FirewallRule home;
    home.name = "home";
    home.source_is = {{{"DE"}, false, {}}};
    home.destination_is = {{{}, false, {"ours"}}};
    home.action = model::RuleAction::allow;
    program.firewall.rules = {abroad, home};
    const auto asked = [&](const attributes::Tables& tables, const char* packet) {
        Explainer::Config config;
        config.tables = tables;
        auto explainer = Explainer::make(program, noon, config);
        EXPECT_TRUE(explainer) << explainer.error().message();
        return explainer->explain_text(packet, {}, noon).value();
    };
    const auto says = [](const Explanation& one, const std::string& text) {
        return std::ranges::any_of(one.path, [&](const Step& step) { return step.text == text; });
    };
    const char* from_ru = "tcp 198.18.0.5:4000 > 203.0.113.9:443 syn";
    const auto unknown = asked({}, from_ru);
    EXPECT_EQ(unknown.reason, DropReason::no_rule);
    EXPECT_TRUE(
        says(unknown, "Its source 198.18.0.5 is in a country that is not known here, as there is no table."))
        << path_of(unknown);
    attributes::Tables tables;
    tables.countries = std::make_shared<attributes::CountryTable>(
        attributes::read_countries("prefix,country\n198.18.0.0/24,RU\n198.18.1.0/24,DE\n", "c").value());
    tables.reputations = std::make_shared<attributes::ReputationTable>(
        attributes::read_reputations("prefix,tags\n203.0.113.0/24,ours\n", "t").value());
    tables.editions.countries = base::parse_rfc3339("2026-11-20T06:00:00Z").value();
    const auto one = asked(tables, from_ru);
    EXPECT_EQ(one.rule, "abroad");
    EXPECT_TRUE(says(one, "Its source 198.18.0.5 is in RU by the table of 2026-11-20T06:00:00.000Z."))
        << path_of(one);
    EXPECT_TRUE(says(one, "Its destination 203.0.113.9 is known for ours.")) << path_of(one);
    const auto other = asked(tables, "tcp 198.18.7.5:4000 > 203.0.113.9:443 syn");
    EXPECT_EQ(other.reason, DropReason::no_rule);
    EXPECT_TRUE(suggests(other, "It would pass if rule 'home' also allowed the source 198.18.7.5."))
        << path_of(other);
}

TEST(Explainer, SaysTheLimitOfAPairAndOfAService) {
    auto program = company();
    program.firewall = {};
    program.filters.clear();
    for (const bool pair : {true, false}) {
        program.targets = {{prefix("203.0.113.50/32"), model::MitigationId(3), {}}};
        (pair ? program.targets[0].profile.pair_limit : program.targets[0].profile.service_limit) = {20, 0};
        Asking ask(program);
        Explanation last;
        for (int i = 0; i < 60; ++i) last = ask("udp 198.18.0.5:4000 > 203.0.113.50:4000");
        EXPECT_EQ(last.reason, pair ? DropReason::pair_rate : DropReason::service_rate);
        EXPECT_TRUE(suggests(last, "It would pass below 20 packets a second."));
    }
}

// What is said to help was tried; here it is tried once more, from outside.
TEST(Explainer, WhatIsSaidToHelpHelps) {
    auto program = company();
    Asking ask(program);
    EXPECT_TRUE(suggests(ask("tcp 198.18.0.5:4242 > 203.0.113.10:443 syn"),
                         "It would pass if 203.0.113.10 were behind the network 'servers', or published by a "
                         "rule of NAT."));
    program.firewall.attachments[1].prefixes.push_back(prefix("203.0.113.10/32"));
    Asking changed(program);
    EXPECT_EQ(changed("tcp 198.18.0.5:4242 > 203.0.113.10:443 syn").verdict, Verdict::pass);
}

TEST(Explainer, EveryKindOfNetwork) {
    for (const auto kind : {model::AttachmentKind::port, model::AttachmentKind::vlan,
                            model::AttachmentKind::qinq, model::AttachmentKind::vxlan}) {
        auto program = company();
        auto& office = program.firewall.attachments[0];
        office.kind = kind;
        office.port = kind == model::AttachmentKind::port ? "ge-0" : "clean";
        office.inner_vlan = 5;
        office.vni = 77;
        office.tunnel_endpoint = *net::Address::parse("192.0.2.8");
        Asking ask(program);
        const auto one = ask("tcp 10.0.0.5:4242 > 198.18.0.5:443 syn");
        EXPECT_EQ(one.verdict, Verdict::pass) << static_cast<int>(kind) << "\n" << path_of(one);
        EXPECT_EQ(one.from, "office");
    }
}

TEST(Explainer, FramesAsTheyWere) {
    Asking ask(company());
    EXPECT_EQ(ask("hex ffffffffffff 020000000001 0806 0001").reason, DropReason::unsupported_link);
    EXPECT_FALSE(ask.explainer_->explain_text("hex ff", std::nullopt, noon).has_value());
    EXPECT_FALSE(ask.explainer_->explain_text("tcp nonsense", std::nullopt, noon).has_value());
    const auto where = ask.explainer_->explain_text("tcp 10.0.0.5:1 > 10.1.0.5:2 syn", "nowhere", noon);
    ASSERT_FALSE(where.has_value());
    EXPECT_EQ(where.error().hint, "one of: internet, office, servers");
    // A frame's own tags do not count: the network is named.
    const auto frame = packet::parse_packet_text("tcp 10.0.0.5:4242 > 198.18.0.5:443 syn vlan 99");
    EXPECT_EQ(ask.explainer_->explain_frame(*frame, std::nullopt, noon)->verdict, Verdict::pass);
}

}  // namespace
}  // namespace sluice::dataplane::explain
