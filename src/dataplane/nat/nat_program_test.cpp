#include "dataplane/nat/nat_program.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace sluice::dataplane::nat {
namespace {

using model::NatKind;
using model::NatRule;

constexpr model::ZoneIndex internet = 0;
constexpr model::ZoneIndex inside = 1;
constexpr model::ZoneIndex dmz = 2;
constexpr model::ZoneIndex vpn = 3;
const model::TenantId tenant{12};

net::Address address(std::string_view text) {
    return net::Address::parse(text).value();
}
net::Prefix prefix(std::string_view text) {
    return net::Prefix::parse(text).value();
}
model::ServiceMatch service(std::uint8_t protocol, std::uint16_t first = 0, std::uint16_t last = 65535) {
    model::ServiceMatch match;
    match.protocol = protocol;
    match.destination_port = {first, last};
    return match;
}
NatRule source_rule(std::string_view pool) {
    NatRule rule{.name = "out", .kind = NatKind::source};
    rule.to = {internet};
    rule.translated = {prefix(pool)};
    return rule;
}
NatRule forward(std::string_view outside, model::ServiceMatch what, std::string_view server,
                std::uint16_t port = 0) {
    NatRule rule{.name = "forward", .kind = NatKind::destination};
    rule.match = {prefix(outside)};
    rule.service = what;
    rule.translated = {prefix(server)};
    rule.translated_port = port;
    return rule;
}
firewall::Question question(std::string_view to, std::uint16_t port, model::ZoneIndex from = internet,
                            std::uint8_t protocol = 6) {
    firewall::Question asked;
    asked.destination = address(to);
    asked.source = address(asked.destination.is_v4() ? "198.51.100.7" : "2001:db8::7");
    asked.destination_port = port;
    asked.protocol = protocol;
    asked.from = from;
    return asked;
}

class Nat : public testing::Test {
  protected:
    base::Result<NatProgram> compiled(std::vector<NatRule> rules) {
        model::FirewallProgram program;
        program.zones = {"internet", "inside", "dmz", "vpn"};
        program.nat = std::move(rules);
        return NatProgram::compile(tenant, program, ports);
    }
    NatProgram good(std::vector<NatRule> rules) {
        auto program = compiled(std::move(rules));
        EXPECT_TRUE(program.has_value()) << program.error().message();
        return program ? std::move(*program) : NatProgram{};
    }
    std::string error(NatRule rule) {
        rule.name = "bad";
        const auto program = compiled({std::move(rule)});
        EXPECT_FALSE(program.has_value());
        return program ? "" : program.error().message();
    }

    PortRegister ports{PortRules{}};
};

TEST_F(Nat, ForwardsPortsInTheirOrder) {
    const NatProgram nat = good({forward("192.0.2.1", service(6, 8000, 8010), "10.0.0.5", 80),
                                 forward("192.0.2.1", service(6, 443, 443), "10.0.0.6"),
                                 forward("192.0.2.1", service(17), "10.0.0.7")});
    const auto web = nat.find_destination(question("192.0.2.1", 8003));
    ASSERT_TRUE(web.has_value());
    EXPECT_EQ(web->address.to_string(), "10.0.0.5");
    EXPECT_EQ(web->port, 83);
    EXPECT_EQ(web->rule, 0U);
    EXPECT_EQ(nat.find_destination(question("192.0.2.1", 443))->port, 443);
    EXPECT_EQ(nat.find_destination(question("192.0.2.1", 7, internet, 17))->address.to_string(), "10.0.0.7");
    EXPECT_FALSE(nat.find_destination(question("192.0.2.1", 8011)).has_value());
    EXPECT_FALSE(nat.find_destination(question("192.0.2.2", 443)).has_value());
    // A later fragment tells no port: only a whole protocol can be meant.
    firewall::Question fragment = question("192.0.2.1", 0);
    fragment.has_transport = false;
    EXPECT_FALSE(nat.find_destination(fragment).has_value());
    fragment.protocol = 17;
    EXPECT_TRUE(nat.find_destination(fragment).has_value());
}

TEST_F(Nat, OneToOneKeepsTheHostsPartBothWays) {
    NatRule rule{.name = "one", .kind = NatKind::one_to_one};
    rule.match = {prefix("192.0.2.64/26"), prefix("2001:db8:1::/48")};
    rule.translated = {prefix("10.9.8.128/26"), prefix("fd00:0:7::/48")};
    const NatProgram nat = good({rule});
    EXPECT_EQ(nat.find_destination(question("192.0.2.70", 80))->address.to_string(), "10.9.8.134");
    EXPECT_EQ(nat.find_destination(question("2001:db8:1:2::9", 80))->address.to_string(), "fd00:0:7:2::9");
    const SourceChange out = nat.find_source(address("10.9.8.191"), inside, internet, false);
    EXPECT_EQ(out.kind, SourceChange::Kind::fixed);
    EXPECT_EQ(out.address.to_string(), "192.0.2.127");
    EXPECT_EQ(nat.find_source(address("fd00:0:7:2::9"), inside, internet, false).address.to_string(),
              "2001:db8:1:2::9");
    // Within the customer's own networks he has his own addresses.
    EXPECT_EQ(nat.find_source(address("10.9.8.191"), inside, dmz, false).kind, SourceChange::Kind::stays);
    EXPECT_EQ(nat.find_source(address("10.9.8.1"), inside, internet, false).kind, SourceChange::Kind::stays);
}

TEST_F(Nat, HairpinIsFromInsideAndTranslatesTheSourceToo) {
    const auto build = [&](bool hairpin) {
        NatRule web = forward("192.0.2.1", service(6, 443, 443), "10.0.0.5");
        web.hairpin = hairpin;
        return good({web, source_rule("192.0.2.9/32")});
    };
    const NatProgram with = build(true);
    ASSERT_TRUE(with.find_destination(question("192.0.2.1", 443, inside)).has_value());
    EXPECT_EQ(with.find_source(address("10.0.0.8"), inside, inside, true).kind, SourceChange::Kind::pool);
    EXPECT_EQ(with.find_source(address("10.0.0.8"), inside, inside, false).kind, SourceChange::Kind::stays);
    const NatProgram without = build(false);
    EXPECT_FALSE(without.find_destination(question("192.0.2.1", 443, inside)).has_value());
    EXPECT_TRUE(without.find_destination(question("192.0.2.1", 443, internet)).has_value());
}

TEST_F(Nat, FromLimitsTheZonesThatSeeAPublicAddress) {
    NatRule web = forward("192.0.2.1", service(6, 443, 443), "10.0.0.5");
    web.from = {vpn};
    web.hairpin = false;
    const NatProgram nat = good({web});
    EXPECT_TRUE(nat.find_destination(question("192.0.2.1", 443, vpn)).has_value());
    EXPECT_FALSE(nat.find_destination(question("192.0.2.1", 443, internet)).has_value());
    EXPECT_FALSE(nat.find_destination(question("192.0.2.1", 443, inside)).has_value());
}

TEST_F(Nat, TheFirstRuleOfASourceWins) {
    NatRule exempt{.name = "to the branch", .kind = NatKind::exempt};
    exempt.to = {vpn};
    NatRule servers = source_rule("192.0.2.8/31");
    servers.match = {prefix("10.1.0.0/16")};
    const NatProgram nat = good({exempt, servers, source_rule("192.0.2.1/32")});
    EXPECT_EQ(nat.find_source(address("10.1.0.1"), inside, vpn, false).rule, 0U);
    EXPECT_EQ(nat.find_source(address("10.1.0.1"), inside, vpn, false).kind, SourceChange::Kind::stays);
    const SourceChange server = nat.find_source(address("10.1.0.1"), inside, internet, false);
    EXPECT_EQ(server.rule, 1U);
    EXPECT_EQ(server.pool->spaces.size(), 2U);
    EXPECT_EQ(nat.find_source(address("10.2.0.1"), inside, internet, false).rule, 2U);
    // No pool of its family: IPv6 goes out as it is.
    EXPECT_EQ(nat.find_source(address("2001:db8::1"), inside, internet, false).kind,
              SourceChange::Kind::stays);
}

TEST_F(Nat, KeepsForwardedPortsOutOfThePool) {
    const NatProgram nat =
        good({forward("192.0.2.1", service(6, 8000, 8063), "10.0.0.5"), source_rule("192.0.2.1/32")});
    PortSpace& space = *nat.find_source(address("10.0.0.1"), inside, internet, false).pool->spaces[0];
    std::uint32_t blocks = 0;
    while (const auto block = space.take(0, blocks, 1000)) {
        ++blocks;
        const std::uint16_t first = space.first_port_of(*block);
        EXPECT_TRUE(first >= 1024 && (first + 63 < 8000 || first > 8063)) << first;
    }
    // 64,512 ports, less the forwarded ones: 8000 to 8063 is one block exactly.
    EXPECT_EQ(blocks, 1008U - 1U);
}

TEST_F(Nat, AnAddressKeepsItsPortsThroughAChange) {
    const NatProgram before = good({source_rule("192.0.2.0/30")});
    PortSpace& space = *before.find_source(address("10.0.0.1"), inside, internet, false).pool->spaces[1];
    const std::uint32_t block = space.take(3, 500, 1000).value();
    const NatProgram after = good({source_rule("192.0.2.0/31")});
    EXPECT_EQ(after.owner_of(address("192.0.2.1"), space.first_port_of(block)),
              std::optional<std::uint8_t>(3));
    EXPECT_FALSE(after.owner_of(address("192.0.2.1"), 65'535).has_value());
    EXPECT_FALSE(after.owner_of(address("192.0.2.2"), space.first_port_of(block)).has_value());
}

TEST_F(Nat, RefusesWhatHasNoMeaning) {
    EXPECT_NE(error(forward("192.0.2.1", service(6), "10.0.0.0/24")).find("not one server"),
              std::string::npos);
    EXPECT_NE(error(forward("192.0.2.1", service(6), "2001:db8::1")).find("families"), std::string::npos);
    EXPECT_NE(error(forward("192.0.2.1", service(1), "10.0.0.1", 80)).find("without ports"),
              std::string::npos);
    EXPECT_NE(error(forward("192.0.2.1", service(6, 1, 100), "10.0.0.1", 65'500)).find("behind 65535"),
              std::string::npos);
    NatRule uneven{.name = "", .kind = NatKind::one_to_one};
    uneven.match = {prefix("192.0.2.0/26")};
    uneven.translated = {prefix("10.0.0.0/24")};
    EXPECT_NE(error(uneven).find("one length"), std::string::npos);
    EXPECT_NE(error(source_rule("10.0.0.0/8")).find("more than 1024 addresses"), std::string::npos);
    NatRule zone = source_rule("192.0.2.1/32");
    zone.from = {9};
    EXPECT_NE(error(zone).find("zone number 9"), std::string::npos);
}

TEST_F(Nat, TellsWhatItsRulesBind) {
    NatRule one{.name = "one", .kind = NatKind::one_to_one};
    one.match = {prefix("192.0.2.64/26")};
    one.translated = {prefix("10.9.8.128/26")};
    const NatProgram nat = good({one, forward("192.0.2.1", service(6, 8000, 8010), "10.0.0.5", 80)});
    ASSERT_EQ(nat.static_bindings().size(), 2U);
    EXPECT_EQ(nat.static_bindings()[0].inside.to_string(), "10.9.8.128/26");
    EXPECT_EQ(nat.static_bindings()[0].last_port, 65'535);
    EXPECT_EQ(nat.static_bindings()[1].inside_port, 80);
    EXPECT_EQ(nat.static_bindings()[1].first_port, 8000);
    EXPECT_EQ(nat.static_bindings()[1].tenant, tenant);
}

}  // namespace
}  // namespace sluice::dataplane::nat
